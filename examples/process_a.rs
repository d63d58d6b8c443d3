//! Process A of three: creates the map "Test" and writes into it. Then start `process_b`, press
//! ENTER here, start `process_c`, and press ENTER again.

use mmf::Map;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let map = Map::create_new("Test", 1024)?;
    map.replace_text("Process A says: Hello World!")?;

    println!("Start Process B and press ENTER to continue.");
    std::io::stdin().read_line(&mut String::new())?;

    println!("Start Process C and press ENTER to continue.");
    std::io::stdin().read_line(&mut String::new())?;

    println!("{}", map.read_text()?);
    Ok(())
}
