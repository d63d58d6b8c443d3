//! The file around the metadata: a portable executable for every processor.
//!
//! Two sections, laid out as compilers lay them out. The few bytes of native code, which jump into
//! .NET's loader, have run nowhere since Windows 2000; its older loaders want them all the same.

/// Where the first section is, once loaded, and in the file.
const TEXT_START: usize = 0x2000;
const TEXT_OFFSET: usize = 0x200;
/// What sections are aligned to, in the file.
const FILE_STEP: usize = 0x200;
/// What sections are aligned to in memory.
const MEMORY_STEP: usize = 0x2000;
const IMAGE_BASE: u32 = 0x1000_0000;
/// Before the bodies: the imported address, and the header of .NET.
const IMPORTED: usize = 8;
const DOTNET_HEADER: usize = 72;

/// Where the bodies of the methods begin, and behind them the metadata.
pub(super) const BODIES_START: usize = TEXT_START + IMPORTED + DOTNET_HEADER;

/// The file. `bodies` were written for [`BODIES_START`].
pub(super) fn write(bodies: &[u8], metadata: &[u8]) -> Vec<u8> {
    let metadata_start = BODIES_START + bodies.len().next_multiple_of(4);
    let import_start = metadata_start + metadata.len().next_multiple_of(4);
    // The table with its end, the list of what is imported, and two texts.
    let list_start = import_start + 40;
    let name_start = list_start + 8;
    let loader_start = name_start + 14;
    let stub_start = (loader_start + 12).next_multiple_of(4) + 2;
    let text_end = stub_start + 6;

    let mut text = Bytes(Vec::with_capacity(text_end - TEXT_START));
    text.longs(&[name_start as u32, 0]);
    // Size, version 2.5, metadata, only for .NET, no entry point.
    text.longs(&[DOTNET_HEADER as u32, 0x0005_0002]);
    text.longs(&[metadata_start as u32, metadata.len() as u32, 1, 0]);
    text.longs(&[0; 12]);
    text.put(bodies);
    text.pad_to(metadata_start - TEXT_START);
    text.put(metadata);
    text.pad_to(import_start - TEXT_START);
    text.longs(&[list_start as u32, 0, 0, loader_start as u32, TEXT_START as u32, 0, 0, 0, 0, 0]);
    text.longs(&[name_start as u32, 0]);
    text.put(b"\0\0_CorDllMain\0");
    text.put(b"mscoree.dll\0");
    text.pad_to(stub_start - TEXT_START);
    text.put(&[0xFF, 0x25]);
    text.longs(&[IMAGE_BASE + TEXT_START as u32]);
    let text_size = text.0.len();
    text.pad_to(text_size.next_multiple_of(FILE_STEP));

    // The one address in the native code, which moves with the image.
    let moved = stub_start + 2;
    let reloc_start = (TEXT_START + text_size).next_multiple_of(MEMORY_STEP);
    let mut reloc = Bytes(Vec::new());
    reloc.longs(&[(moved & !0xFFF) as u32, 12, 0x3000 | (moved & 0xFFF) as u32]);
    reloc.pad_to(FILE_STEP);

    let mut file = Bytes(Vec::with_capacity(TEXT_OFFSET + text.0.len() + reloc.0.len()));
    let mut dos = [0; 128];
    dos[..2].copy_from_slice(b"MZ");
    dos[0x3C] = 128;
    file.put(&dos);
    // For every processor that .NET runs on; two sections; no time, no symbols; a library.
    file.put(b"PE\0\0");
    file.shorts(&[0x014C, 2]);
    file.longs(&[0, 0, 0]);
    file.shorts(&[0xE0, 0x2022]);
    file.shorts(&[0x010B, 8]);
    file.longs(&[text.0.len() as u32, FILE_STEP as u32, 0, stub_start as u32]);
    file.longs(&[TEXT_START as u32, reloc_start as u32]);
    file.longs(&[IMAGE_BASE, MEMORY_STEP as u32, FILE_STEP as u32]);
    file.shorts(&[4, 0, 0, 0, 4, 0]);
    let end = reloc_start + MEMORY_STEP;
    file.longs(&[0, end as u32, TEXT_OFFSET as u32, 0]);
    // A console's; may be moved, holds no handlers and no code in its data.
    file.shorts(&[3, 0x8540]);
    file.longs(&[0x10_0000, 0x1000, 0x10_0000, 0x1000, 0, 16]);
    let mut directories = [(0, 0); 16];
    directories[1] = (import_start, 40);
    directories[5] = (reloc_start, 12);
    directories[12] = (TEXT_START, IMPORTED);
    directories[14] = (TEXT_START + IMPORTED, DOTNET_HEADER);
    for (start, size) in directories {
        file.longs(&[start as u32, size as u32]);
    }
    file.put(b".text\0\0\0");
    file.longs(&[text_size as u32, TEXT_START as u32, text.0.len() as u32, TEXT_OFFSET as u32]);
    file.longs(&[0, 0, 0, 0x6000_0020]);
    file.put(b".reloc\0\0");
    let reloc_offset = TEXT_OFFSET + text.0.len();
    file.longs(&[12, reloc_start as u32, FILE_STEP as u32, reloc_offset as u32]);
    file.longs(&[0, 0, 0, 0x4200_0040]);
    file.pad_to(TEXT_OFFSET);
    file.put(&text.0);
    file.put(&reloc.0);
    file.0
}

/// Bytes in the making, little-endian.
struct Bytes(Vec<u8>);

impl Bytes {
    fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn shorts(&mut self, numbers: &[u16]) {
        self.0.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }

    fn longs(&mut self, numbers: &[u32]) {
        self.0.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }

    fn pad_to(&mut self, length: usize) {
        self.0.resize(length, 0);
    }
}
