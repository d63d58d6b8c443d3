//! A peer, in its own process: the crate `shared_memory`.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::time::Instant;

use shared_memory::{Shmem, ShmemConf};

use crate::Result;

const MIB: usize = 1 << 20;

/// The state of a row.
struct Work {
    name: String,
    memory: Option<Shmem>,
    block: usize,
    buffer: Vec<u8>,
}

impl Work {
    fn create(&self, size: usize) -> Result<Shmem> {
        ShmemConf::new().os_id(&self.name).size(size).create().map_err(|error| error.to_string())
    }

    fn begin(&mut self, block: Option<usize>) -> Result<()> {
        self.block = block.unwrap_or(64);
        let size = if self.block < MIB { 16 * self.block } else { self.block }.max(1 << 16);
        self.buffer = vec![b'x'; self.block];
        self.memory = Some(self.create(if block.is_some() { size } else { 1024 })?);
        if block.is_some() {
            self.write(size as u64 / self.block as u64);
        }
        Ok(())
    }

    fn place(&self, turn: u64) -> *mut u8 {
        let memory = self.memory.as_ref().expect("a row has begun");
        let offset = (turn as usize & 15) * self.block % memory.len();
        memory.as_ptr().wrapping_add(offset)
    }

    #[allow(unsafe_code, reason = "the crate only gives a pointer")]
    fn read(&mut self, times: u64) {
        for turn in 0..times {
            let place = self.place(turn);
            // SAFETY: `place` gives the start of a whole block of the mapping, and the buffer has the same size.
            unsafe { std::ptr::copy_nonoverlapping(place, self.buffer.as_mut_ptr(), self.block) };
            std::hint::black_box(&mut self.buffer);
        }
    }

    #[allow(unsafe_code, reason = "the crate only gives a pointer")]
    fn write(&mut self, times: u64) {
        for turn in 0..times {
            let place = self.place(turn);
            // SAFETY: as above, the other way round.
            unsafe { std::ptr::copy_nonoverlapping(self.buffer.as_ptr(), place, self.block) };
            std::hint::black_box(place);
        }
    }

    fn create_close(&mut self, times: u64) {
        for _ in 0..times {
            std::hint::black_box(self.create(1024).expect("a map").len());
        }
    }

    fn open_close(&mut self, times: u64) {
        for _ in 0..times {
            let opened = ShmemConf::new().os_id(&self.name).open().expect("a map");
            std::hint::black_box(opened.len());
        }
    }
}

type RowWork = fn(&mut Work, u64);

/// Each row: the block size for copying, and the work.
fn rows() -> BTreeMap<String, (Option<usize>, RowWork)> {
    let mut rows: BTreeMap<String, (Option<usize>, RowWork)> = BTreeMap::new();
    rows.insert("create_close".to_owned(), (None, Work::create_close));
    rows.insert("open_close".to_owned(), (None, Work::open_close));
    for (size, block) in [("64", 64), ("4k", 4096), ("1m", MIB), ("1g", 1 << 30)] {
        rows.insert(format!("read_{size}"), (Some(block), Work::read));
        rows.insert(format!("write_{size}"), (Some(block), Work::write));
    }
    rows
}

/// Runs the commands, as every peer does.
pub(crate) fn obey(name: &str) -> Result<()> {
    let rows = rows();
    let names: Vec<&str> = rows.keys().map(String::as_str).collect();
    println!("{}", names.join(" "));
    let mut work = Work { name: name.to_owned(), memory: None, block: 0, buffer: Vec::new() };
    let mut run: Option<RowWork> = None;
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["begin", row] => {
                let (block, chosen) = *rows.get(row).ok_or_else(|| format!("no row {row}"))?;
                // In `create_close`, the work itself creates the map.
                if row != "create_close" {
                    work.begin(block)?;
                }
                run = Some(chosen);
                println!("ok");
            }
            ["run", times] => {
                let times = times.parse().map_err(|_| format!("not a number: {times}"))?;
                let begun = Instant::now();
                run.ok_or("no row has begun")?(&mut work, times);
                println!("{}", begun.elapsed().as_nanos());
            }
            ["end"] => {
                (work.memory, work.buffer, run) = (None, Vec::new(), None);
                println!("ok");
            }
            _ => return Err(format!("unknown command '{line}'")),
        }
    }
    Ok(())
}
