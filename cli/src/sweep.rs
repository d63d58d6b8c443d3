//! `mmf sweep`

use serde::Serialize;

use crate::arguments::Sweep;
use crate::exit::Failure;
use crate::output;

#[derive(Serialize)]
struct Swept {
    removed: u64,
}

pub(crate) fn sweep(arguments: &Sweep) -> Result<(), Failure> {
    let swept = Swept { removed: mmf::sweep()? };
    if arguments.json.json {
        return output::json(&swept);
    }
    output::write(format!("dead maps removed: {}\n", swept.removed).as_bytes())
}
