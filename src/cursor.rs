//! A map as a stream of `std::io`.

use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::map::Map;

/// A position in a map at which `std::io` reads and writes. [`Map::cursor`] returns one.
///
/// The stream is as long as the map's capacity. Reading past the end returns nothing, and writing
/// past the end writes nothing, so `write_all` fails. The stream takes no lock.
///
/// ```
/// use mmf::MapOptions;
/// use std::io::{BufRead, BufReader, Write};
///
/// let map = MapOptions::new().create_anonymous(4096)?;
/// let mut writer = map.cursor();
/// writeln!(writer, "one")?;
/// writeln!(writer, "two")?;
///
/// let lines: Result<Vec<_>, _> = BufReader::new(map.cursor()).lines().take(2).collect();
/// assert_eq!(lines?, ["one", "two"]);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MapCursor<'a> {
    map: &'a Map,
    position: u64,
}

impl Map {
    /// The bytes of the map as a stream, from offset 0 on.
    pub fn cursor(&self) -> MapCursor<'_> {
        MapCursor { map: self, position: 0 }
    }
}

impl MapCursor<'_> {
    /// The offset in the map at which the next byte is read or written.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The number of bytes, up to the given one, before the end of the map.
    fn available(&self, wanted: usize) -> usize {
        let left = self.map.capacity().saturating_sub(self.position);
        usize::try_from(left).map_or(wanted, |left| left.min(wanted))
    }
}

impl Read for MapCursor<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.available(buffer.len());
        if count > 0 {
            self.map.read_at(&mut buffer[..count], self.position)?;
            self.position += count as u64;
        }
        Ok(count)
    }
}

impl Write for MapCursor<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.available(bytes.len());
        if count > 0 {
            self.map.write_at(&bytes[..count], self.position)?;
            self.position += count as u64;
        }
        Ok(count)
    }

    /// Does nothing: the bytes are already in the map. [`Map::flush`] writes them to the disk.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for MapCursor<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(distance) => self.map.capacity().checked_add_signed(distance),
            SeekFrom::Current(distance) => self.position.checked_add_signed(distance),
        };
        let Some(position) = position else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("A map begins at offset 0: {to:?} lies before it or beyond all numbers."),
            ));
        };
        self.position = position;
        Ok(position)
    }
}
