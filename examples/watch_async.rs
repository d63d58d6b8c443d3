//! Follows a map in an asynchronous program: prints its text, and prints it again after every change, until
//! its text ends with "END". Meanwhile, other tasks of the program run.
//!
//! ```text
//! cargo run --example watch_async -- NAME
//! ```

#![allow(unsafe_code, reason = "tokio requires that the descriptor stays open")]

#[cfg(unix)]
mod unix {
    use std::io::Write;
    use std::time::Duration;

    use mmf::{Event, Map, Watch};
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    /// Lets the runtime poll the descriptor of a watch.
    pub(crate) fn register(watch: Watch) -> std::io::Result<AsyncFd<Watch>> {
        // SAFETY: a watch has one descriptor, which is open until the watch is dropped.
        Ok(unsafe { AsyncFd::register_with_interest(watch, Interest::READABLE) }?)
    }

    /// Waits for the next event without blocking other tasks.
    pub(crate) async fn next(watch: &AsyncFd<Watch>) -> std::io::Result<Event> {
        loop {
            let mut ready = watch.readable().await?;
            match watch.get_ref().wait(Some(Duration::ZERO))? {
                // There are no more events: sleep until the descriptor becomes ready again.
                Event::TimedOut => ready.clear_ready(),
                event => return Ok(event),
            }
        }
    }

    /// Writes the text of a map, and again after every change, until it ends with "END".
    pub(crate) async fn follow(map: &Map, out: &mut impl Write) -> std::io::Result<()> {
        let watch = register(map.watch()?)?;
        loop {
            let text = map.read_text()?;
            writeln!(out, "{text}")?;
            if text.ends_with("END") {
                return Ok(());
            }
            next(&watch).await?;
        }
    }
}

#[cfg(unix)]
#[allow(unused_imports, reason = "a test uses all functions")]
pub(crate) use unix::{follow, next, register};

#[cfg(unix)]
#[allow(dead_code, reason = "a test uses the other functions")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "Test".to_owned());
    let map = mmf::Map::open(&name)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(follow(&map, &mut std::io::stdout()))?;
    Ok(())
}

#[cfg(not(unix))]
fn main() {
    eprintln!("This example polls a descriptor, which Windows does not have.");
}
