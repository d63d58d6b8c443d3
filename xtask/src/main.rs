//! The maintainer's commands.

fn main() {
    println!("cargo xtask test");
}
