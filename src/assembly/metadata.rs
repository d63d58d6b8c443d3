//! The metadata of an assembly: its tables, and the heaps that their rows lead to.

use std::collections::{BTreeMap, HashMap};

use crate::error::{Error, ErrorKind, Result};

/// The tables that are written, by their numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Table {
    Module = 0x00,
    TypeRef = 0x01,
    TypeDef = 0x02,
    Field = 0x04,
    MethodDef = 0x06,
    Param = 0x08,
    InterfaceImpl = 0x09,
    MemberRef = 0x0A,
    StandAloneSig = 0x11,
    PropertyMap = 0x15,
    Property = 0x17,
    MethodSemantics = 0x18,
    ModuleRef = 0x1A,
    TypeSpec = 0x1B,
    ImplMap = 0x1C,
    Assembly = 0x20,
    AssemblyRef = 0x23,
}

impl Table {
    /// What instructions call a row.
    pub(super) fn token(self, row: u16) -> u32 {
        (self as u32) << 24 | u32::from(row)
    }
}

/// The tables that have to be in order, by their numbers. The rows are added in that order.
const SORTED: u64 = 1 << Table::InterfaceImpl as u64
    | 1 << Table::MethodSemantics as u64
    | 1 << Table::ImplMap as u64;

/// A number in a row. Indices are short, which limits the assembly; see [`Metadata::write`].
#[derive(Clone, Copy)]
pub(super) enum Cell {
    Short(u16),
    Long(u32),
}

/// So many rows, and an index still is short with the three bits that tell tables apart.
pub(super) const MOST_ROWS: usize = 1 << 13;
const LARGEST_HEAP: usize = 1 << 16;

#[derive(Default)]
struct Rows {
    count: u16,
    bytes: Vec<u8>,
}

/// Tables and heaps in the making.
#[derive(Default)]
pub(super) struct Metadata {
    tables: BTreeMap<Table, Rows>,
    strings: Heap,
    blobs: Heap,
    texts: Heap,
    guid: Vec<u8>,
}

/// Bytes that are there once, however often they are asked for.
#[derive(Default)]
struct Heap {
    bytes: Vec<u8>,
    places: HashMap<Vec<u8>, usize>,
}

impl Heap {
    /// Where these bytes are. A heap begins with a zero, which stands for what is empty.
    fn place(&mut self, bytes: Vec<u8>) -> usize {
        if self.bytes.is_empty() {
            self.bytes.push(0);
        }
        *self.places.entry(bytes).or_insert_with_key(|bytes| {
            let place = self.bytes.len();
            self.bytes.extend(bytes);
            place
        })
    }
}

impl Metadata {
    /// Adds a row and tells its number, counted from 1.
    pub(super) fn add(&mut self, table: Table, row: &[Cell]) -> u16 {
        let rows = self.tables.entry(table).or_default();
        for cell in row {
            match cell {
                Cell::Short(number) => rows.bytes.extend(number.to_le_bytes()),
                Cell::Long(number) => rows.bytes.extend(number.to_le_bytes()),
            }
        }
        // More than there can be are told when all is written.
        rows.count = rows.count.saturating_add(1);
        rows.count
    }

    /// The number that the next row will have.
    pub(super) fn next(&self, table: Table) -> u16 {
        self.tables.get(&table).map_or(0, |rows| rows.count).saturating_add(1)
    }

    /// A name, in UTF-8.
    pub(super) fn string(&mut self, name: &str) -> Cell {
        let mut bytes = name.as_bytes().to_vec();
        bytes.push(0);
        short(self.strings.place(bytes))
    }

    /// A signature or a key.
    pub(super) fn blob(&mut self, content: &[u8]) -> Cell {
        let mut bytes = Vec::new();
        write_number(content.len(), &mut bytes);
        bytes.extend(content);
        short(self.blobs.place(bytes))
    }

    /// A text that a program has, as its instruction calls it.
    pub(super) fn text(&mut self, text: &str) -> u32 {
        let units: Vec<u16> = text.encode_utf16().collect();
        let mut bytes = Vec::new();
        write_number(units.len() * 2 + 1, &mut bytes);
        bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
        // Whether comparing it byte by byte could mislead.
        let special = |&unit: &u16| matches!(unit, 1..=8 | 14..=31 | 0x27 | 0x2D | 0x7F | 0x100..);
        bytes.push(units.iter().any(special).into());
        0x7000_0000 | self.texts.place(bytes) as u32
    }

    /// The one identity, of 16 bytes.
    pub(super) fn guid(&mut self, bytes: &[u8]) -> Cell {
        self.guid = bytes.to_vec();
        Cell::Short(1)
    }

    /// All of it, as it goes into the image.
    pub(super) fn write(&self) -> Result<Vec<u8>> {
        let heaps = [&self.strings, &self.texts, &self.blobs];
        let rows = self.tables.values().map(|rows| usize::from(rows.count));
        if rows.max() >= Some(MOST_ROWS)
            || heaps.iter().any(|heap| heap.bytes.len() >= LARGEST_HEAP)
        {
            return Err(too_long());
        }
        let tables = self.write_tables();
        let streams: [(&[u8], &[u8]); 5] = [
            (b"#~\0\0", &tables),
            (b"#Strings\0\0\0\0", &self.strings.bytes),
            (b"#US\0", &self.texts.bytes),
            (b"#GUID\0\0\0", &self.guid),
            (b"#Blob\0\0\0", &self.blobs.bytes),
        ];
        let mut bytes = Vec::new();
        bytes.extend(b"BSJB");
        bytes.extend([1u16, 1].iter().flat_map(|word| word.to_le_bytes()));
        bytes.extend([0, 0, 0, 0]);
        bytes.extend(12u32.to_le_bytes());
        bytes.extend(b"v4.0.30319\0\0");
        bytes.extend([0u16, streams.len() as u16].iter().flat_map(|word| word.to_le_bytes()));
        let heads: usize = streams.iter().map(|(name, _)| 8 + name.len()).sum();
        let mut start = bytes.len() + heads;
        for (name, content) in streams {
            let size = content.len().next_multiple_of(4);
            bytes.extend([start, size].iter().flat_map(|word| (*word as u32).to_le_bytes()));
            bytes.extend(name);
            start += size;
        }
        for (_, content) in streams {
            bytes.extend(content);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        Ok(bytes)
    }

    fn write_tables(&self) -> Vec<u8> {
        let mut bytes = vec![0, 0, 0, 0, 2, 0, 0, 1];
        let there: u64 = self.tables.keys().map(|table| 1 << *table as u64).sum();
        bytes.extend(there.to_le_bytes());
        bytes.extend(SORTED.to_le_bytes());
        bytes.extend(self.tables.values().flat_map(|rows| u32::from(rows.count).to_le_bytes()));
        bytes.extend(self.tables.values().flat_map(|rows| &rows.bytes));
        bytes
    }
}

pub(super) fn too_long() -> Error {
    Error::new(
        ErrorKind::OutOfRange,
        format!(
            "The notation of an assembly is too long: one can have fewer than {MOST_ROWS} members, and fewer than {LARGEST_HEAP} bytes of names or texts. Make two of it."
        ),
    )
}

/// An index into a heap; one that is too large for it is told when all is written.
fn short(place: usize) -> Cell {
    Cell::Short(place as u16)
}

/// A number as signatures have it: in one, two or four bytes.
pub(super) fn write_number(number: usize, bytes: &mut Vec<u8>) {
    match number {
        0..0x80 => bytes.push(number as u8),
        0x80..0x4000 => bytes.extend((number as u16 | 0x8000).to_be_bytes()),
        _ => bytes.extend((number as u32 | 0xC000_0000).to_be_bytes()),
    }
}
