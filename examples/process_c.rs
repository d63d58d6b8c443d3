//! Process C of three: opens the map "Test" that `process_a` holds, and appends to it.

use mmf::Map;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let map = Map::open("Test")?;
    map.append_text("Process C says: Hello World!")?;
    Ok(())
}
