//! The Rust program of the README.

use mmf::Map;

fn main() -> Result<(), mmf::Error> {
    let map = Map::create_or_open("Test", 1024)?;
    map.append_text("Hello from Rust")?;
    println!("{}", map.read_text()?);
    Ok(())
}
