//! The assembly that binds the library to .NET. That it loads and works is for Pester to show; here it
//! is what is in the file, and what a notation that is none gets for an answer.

use std::collections::BTreeMap;
use std::ptr::{null, null_mut};

use mmf::ErrorKind;
use mmf::ffi::*;
use object::LittleEndian as LE;
use object::read::pe::{ImageNtHeaders, PeFile32};

use crate::{fails, fails_with, utf16, works};

const NOTATION: &str = r#"
assembly core System.Runtime, Version=8.1.2.3, Culture=neutral, PublicKeyToken=b03f5f7f11d50a3a
assembly other Other, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null
alias word uint
net core class System.Exception
net core class System.Collections.ObjectModel.Collection`1
net core class System.IDisposable
  method void Dispose
net core struct System.TimeSpan
  method double get_TotalSeconds
net other class Other.Things
  ctor void ctor
  static int Count Collection`1<string> TimeSpan&
  static int Count/CountAll string[]

struct Pair first:int second:word

class Native object
  import public int mmf_version_get major:uint& minor:uint& patch:uint&

class Sum Things IDisposable
  field private Pair pair
  field static string Text
  ctor public void ctor
    ldarg this; call Things.ctor; ret
  method interface void Dispose
    ldarg this; ldflda Sum.pair; ldfld Pair.first; pop
    ldstr "a; b"; stsfld Sum.Text; ret
  method getter int get_First
    ldarg this; ldflda Sum.pair; ldfld Pair.first; ret
  function public int Of a:int b:int
    ldarg a; ldarg b; add; ret
  function public object Guarded a:object
    local result:object
    try
      ldarg a; stloc result
      leave :done
    catch Exception
      stloc result
      leave :done
    end
    mark :done
    ldloc result; ret
class Sum
  function public object Boxes count:int
    ldarg count; newarr byte; isinst byte[]; ret
  method public int Plus more:int
    ldarg this; call Sum.get_First; ldarg more; add; ret
"#;

/// Builds it twice: for its length, and into memory of that length.
fn build(notation: &str, library: &str) -> Vec<u8> {
    let (notation, library) = (utf16(notation), utf16(library));
    let into = |buffer: *mut u8, capacity: usize| -> usize {
        // SAFETY: the texts have as many units as are told, and the memory as many bytes.
        works(|out, error| unsafe {
            let (units, path) = (notation.as_ptr(), library.as_ptr());
            let (length, path_length) = (notation.len(), library.len());
            mmf_assembly_build16(units, length, path, path_length, buffer, capacity, out, error)
        })
    };
    let length = into(null_mut(), 0);
    let mut image = vec![0xA5; length + 1];
    assert_eq!(into(image.as_mut_ptr(), length - 1), length);
    assert!(image.iter().all(|byte| *byte == 0xA5), "too small, and written all the same");
    assert_eq!(into(image.as_mut_ptr(), length), length);
    assert_eq!(image.pop(), Some(0xA5));
    image
}

fn status(notation: &str) -> (ErrorKind, String) {
    let notation = utf16(notation);
    // SAFETY: the text has as many units as are told, and no memory is lent.
    fails(|out: *mut usize, error| unsafe {
        let (units, length) = (notation.as_ptr(), notation.len());
        mmf_assembly_build16(units, length, units, length, null_mut(), 0, out, error)
    })
}

fn long(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

fn find(bytes: &[u8], wanted: &[u8]) -> usize {
    let mut places = bytes.windows(wanted.len()).enumerate().filter(|(_, part)| *part == wanted);
    let place = places.next().expect("it is there").0;
    assert!(places.next().is_none(), "it is there twice");
    place
}

#[test]
fn it_is_a_library_for_dotnet_alone() {
    let image = build(NOTATION, "/lib/with space/libmmf.so");
    let file = PeFile32::parse(&*image).unwrap();
    let header = file.nt_headers();
    assert_ne!(header.file_header().characteristics.get(LE) & 0x2000, 0, "a library");
    // What .NET's older loader wants: its own entry point, imported, and the address in it moved.
    let sections = file.section_table();
    let directory = |index| file.data_directory(index).unwrap();
    assert!(directory(1).data(file.data(), &sections).unwrap().len() >= 40);
    let moved = directory(5).data(file.data(), &sections).unwrap();
    let start = header.optional_header.address_of_entry_point.get(LE) as usize;
    let base = header.optional_header.image_base.get(LE) as usize;
    assert_eq!(long(moved, 0) + (long(moved, 8) & 0xFFF), start + 2);
    let entry = sections.pe_data_at(file.data(), start as u32).unwrap();
    assert_eq!(&entry[..2], &[0xFF, 0x25]);
    let imported = directory(12);
    assert_eq!(long(entry, 2) - base, imported.virtual_address.get(LE) as usize);
    find(&image, b"\0_CorDllMain\0");
    find(&image, b"mscoree.dll\0");

    let dotnet = directory(14).data(file.data(), &sections).unwrap();
    assert_eq!((dotnet.len(), long(dotnet, 0)), (72, 72));
    assert_eq!(long(dotnet, 16), 1, "for .NET alone");
    let metadata = sections.pe_data_at(file.data(), long(dotnet, 8) as u32).unwrap();
    assert_eq!(&metadata[..16], b"BSJB\x01\0\x01\0\0\0\0\0\x0c\0\0\0");
    // Each stream lies where its head says, in order and without a gap.
    let mut head = 32;
    let mut expected = None;
    for name in ["#~", "#Strings", "#US", "#GUID", "#Blob"] {
        let (start, size) = (long(metadata, head), long(metadata, head + 4));
        assert_eq!(start, expected.unwrap_or(start));
        assert_eq!(&metadata[head + 8..head + 8 + name.len()], name.as_bytes());
        assert_eq!(metadata[head + 8 + name.len()], 0);
        expected = Some(start + size);
        head += 8 + (name.len() + 1).next_multiple_of(4);
    }
    assert_eq!(expected, Some(long(dotnet, 12)), "the metadata end with the last stream");
    find(metadata, b"\0/lib/with space/libmmf.so\0");
    find(metadata, &[0xB0, 0x3F, 0x5F, 0x7F, 0x11, 0xD5, 0x0A, 0x3A]);
    let text: Vec<u8> = utf16("a; b").iter().flat_map(|unit| unit.to_le_bytes()).collect();
    find(metadata, &[&[9], &*text, &[0]].concat());
}

/// How long a row is, by the number of its table: all indices are short.
const ROWS: [(usize, usize); 17] = [
    (0x00, 10),
    (0x01, 6),
    (0x02, 14),
    (0x04, 6),
    (0x06, 14),
    (0x08, 6),
    (0x09, 4),
    (0x0A, 6),
    (0x11, 2),
    (0x15, 4),
    (0x17, 6),
    (0x18, 6),
    (0x1A, 2),
    (0x1B, 2),
    (0x1C, 8),
    (0x20, 22),
    (0x23, 20),
];

/// The metadata, and their tables: the rows by number, each in words of two bytes.
struct Read {
    metadata: Vec<u8>,
    tables: BTreeMap<usize, Vec<Vec<usize>>>,
}

impl Read {
    fn new(image: &[u8]) -> Read {
        let metadata = image[find(image, b"BSJB")..].to_vec();
        let start = long(&metadata, 32);
        let there = u64::from_le_bytes(metadata[start + 8..start + 16].try_into().unwrap());
        let known: Vec<_> = ROWS.iter().filter(|(table, _)| there >> table & 1 == 1).collect();
        assert_eq!(there.count_ones() as usize, known.len(), "a table without a size here");
        let mut at = start + 24 + known.len() * 4;
        let mut tables = BTreeMap::new();
        for (number, (table, size)) in known.into_iter().enumerate() {
            let count = long(&metadata, start + 24 + number * 4);
            let bytes = &metadata[at..at + count * size];
            at += bytes.len();
            let word = |pair: &[u8]| usize::from(u16::from_le_bytes([pair[0], pair[1]]));
            let row = |row: &[u8]| row.chunks(2).map(word).collect();
            tables.insert(*table, bytes.chunks(*size).map(row).collect());
        }
        let end = start + long(&metadata, 36);
        assert!(at <= end && end - at < 4, "the tables fill their stream");
        Read { metadata, tables }
    }

    /// The bytes of a stream from a place on.
    fn stream(&self, name: &str, place: usize) -> &[u8] {
        let head = find(&self.metadata, format!("{name}\0").as_bytes()) - 8;
        let start = long(&self.metadata, head);
        &self.metadata[start + place..start + long(&self.metadata, head + 4)]
    }

    fn name(&self, place: usize) -> &str {
        let bytes = self.stream("#Strings", place);
        std::str::from_utf8(bytes.split(|byte| *byte == 0).next().unwrap()).unwrap()
    }

    /// The names in a column.
    fn names(&self, table: usize, column: usize) -> Vec<&str> {
        self.tables[&table].iter().map(|row| self.name(row[column])).collect()
    }

    fn column(&self, table: usize, column: usize) -> Vec<usize> {
        self.tables[&table].iter().map(|row| row[column]).collect()
    }

    /// The signature at a place of its heap.
    fn blob(&self, place: usize) -> &[u8] {
        let bytes = self.stream("#Blob", place);
        &bytes[1..1 + usize::from(bytes[0])]
    }
}

#[test]
fn rows_and_signatures_are_those_of_the_notation() {
    let read = Read::new(&build(NOTATION, "l"));
    for heap in ["#Strings", "#US", "#Blob"] {
        assert_eq!(read.stream(heap, 0)[0], 0, "{heap} begins with what is empty");
    }
    assert_eq!(read.names(0x23, 7), ["System.Runtime", "Other"]);
    assert_eq!(read.tables[&0x23][0][..4], [8, 1, 2, 3]);
    assert_eq!(read.blob(read.tables[&0x23][0][6])[..2], [0xB0, 0x3F]);
    let net = ["Exception", "Collection`1", "IDisposable", "TimeSpan", "Things"];
    // And those that are said with words.
    assert_eq!(read.names(0x01, 1), [&net[..], &["ValueType", "Object", "Byte"]].concat());
    assert_eq!(read.column(0x01, 0), [6, 6, 6, 6, 10, 6, 6, 6], "their assemblies");
    assert_eq!(read.names(0x02, 2), ["<Module>", "Pair", "Native", "Sum"]);
    assert_eq!(read.names(0x04, 1), ["first", "second", "pair", "Text"]);
    let methods = ["mmf_version_get", ".ctor", "Dispose", "get_First", "Of", "Guarded", "Boxes"];
    assert_eq!(read.names(0x06, 4), [&methods[..], &["Plus"]].concat());
    assert_eq!(read.column(0x06, 3), [0x2096, 0x1886, 0x1E6, 0x886, 0x96, 0x96, 0x96, 0x86]);
    // Only an import gives back what it gave, and has no body.
    assert_eq!(read.column(0x06, 2), [0x80, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(read.tables[&0x06][0][..2], [0, 0]);
    // Its name as it is, UTF-16, Cdecl; method 1, from the library.
    assert_eq!(read.tables[&0x1C], [[0x0205, 1 << 1 | 1, read.tables[&0x06][0][4], 1]]);
    assert_eq!(read.names(0x1A, 0), ["l"]);
    assert_eq!(read.tables[&0x09], [[4, 3 << 2 | 1]], "Sum is IDisposable");
    assert_eq!(read.tables[&0x15], [[4, 1]], "Sum has properties");
    assert_eq!(read.names(0x17, 1), ["First"]);
    assert_eq!(read.tables[&0x18], [[2, 4, 1 << 1 | 1]], "get_First gets it");
    assert_eq!(read.names(0x0A, 1), ["Dispose", "get_TotalSeconds", ".ctor", "Count", "Count"]);
    // The parents: types 3, 4 and 5 of .NET.
    assert_eq!(read.column(0x0A, 0), [3, 4, 5, 5, 5].map(|row| row << 3 | 1));

    let signature = |row: usize| read.blob(read.tables[&0x0A][row][2]);
    assert_eq!(signature(0), [0x20, 0, 1], "void Dispose()");
    assert_eq!(signature(1), [0x20, 0, 0x0D], "double get_TotalSeconds()");
    // static int Count(Collection<string>, ref TimeSpan)
    let generic = [0x15, 0x12, 2 << 2 | 1, 1, 0x0E];
    assert_eq!(signature(3), [&[0, 2, 8], &generic[..], &[0x10, 0x11, 4 << 2 | 1]].concat());
    assert_eq!(signature(4), [0, 1, 8, 0x1D, 0x0E], "static int Count(string[])");
    let field = |row: usize| read.blob(read.tables[&0x04][row][2]);
    assert_eq!((field(0), field(1)), (&[6, 8][..], &[6, 9][..]), "int, and uint by its alias");
    assert_eq!(field(2), [6, 0x11, 2 << 2], "a structure of its own");
    assert_eq!(read.names(0x08, 2)[..3], ["major", "minor", "patch"]);
    assert_eq!(read.column(0x08, 1)[..4], [1, 2, 3, 1]);
}

#[test]
fn instructions_are_encoded_as_ecma_335_says() {
    let image = build(NOTATION, "l");
    let sum = [0xFE, 0x09, 0, 0, 0xFE, 0x09, 1, 0, 0x58, 0x2A];
    let at = find(&image, &sum);
    // The long head; a stack of 32; so many bytes; no locals.
    assert_eq!(&image[at - 12..at], &[0x13, 0x30, 32, 0, 10, 0, 0, 0, 0, 0, 0, 0]);

    // What is an object's own has the object before its arguments. The fourth method is get_First.
    find(&image, &[0xFE, 0x09, 0, 0, 0x28, 4, 0, 0, 6, 0xFE, 0x09, 1, 0, 0x58, 0x2A]);

    let guarded = [
        0xFE, 0x09, 0, 0, 0xFE, 0x0E, 0, 0, 0xDD, 9, 0, 0, 0, // try
        0xFE, 0x0E, 0, 0, 0xDD, 0, 0, 0, 0, // catch
        0xFE, 0x0C, 0, 0, 0x2A,
    ];
    let at = find(&image, &guarded);
    assert_eq!(&image[at - 12..at - 8], &[0x1B, 0x30, 32, 0], "more follows");
    assert_eq!(&image[at - 4..at], &[1, 0, 0, 0x11], "its locals");
    let clauses = at + (guarded.len()).next_multiple_of(4);
    let words: Vec<usize> = (0..7).map(|word| long(&image, clauses + word * 4)).collect();
    assert_eq!(words, [28 << 8 | 0x41, 0, 0, 13, 13, 9, 0x0100_0001]);
}

#[test]
fn the_same_notation_gives_the_same_assembly() {
    assert_eq!(build(NOTATION, "l"), build(NOTATION, "l"));
    assert_ne!(build(NOTATION, "l"), build(NOTATION, "m"));
}

#[test]
fn a_line_that_is_wrong_is_named() {
    let begun = "class C object\n  function public void F a:int\n";
    for (notation, line, what) in [
        ("\n\nanything\n", 3, "'anything' begins no line"),
        ("  field public int x", 1, "belongs to a type"),
        ("    ret", 1, "belong to a member"),
        ("class C", 1, "was not begun before"),
        ("class C object\nclass C object", 2, "another type 'C'"),
        ("class C Nothing", 1, "no type 'Nothing'"),
        ("class C object\n  field public Nothing x", 2, "no type 'Nothing'"),
        ("class C object\n  field loud int x", 2, "'field loud'"),
        ("class C object\n  field public int", 2, "a type and a name"),
        ("class C object\n  method getter int Size", 2, "get_"),
        ("class C object\n  field public int x\n  field public int x", 3, "another member 'x'"),
        ("class C object\n  field public int x\n    ret", 3, "has no instructions"),
        ("class C object\n  function public void F a", 2, "'a' has no type"),
        ("assembly core Core, Version=1.2", 1, "full name"),
        ("assembly core Core, PublicKeyToken=abc", 1, "full name"),
        ("assembly core Core, PublicKeyToken=\u{e4}x", 1, "full name"),
        ("net core class System.Exception", 1, "no assembly is called 'core'"),
        ("assembly core Core\nnet core thing System.X", 2, "neither"),
        ("assembly core Core\nnet core class X", 2, "no namespace"),
        ("assembly core Core\nnet core class A.X\n  event void E", 3, "'event'"),
        (&format!("{begun}    jump"), 3, "no instruction 'jump'"),
        (&format!("{begun}    ldarg b"), 3, "no argument 'b'"),
        (&format!("{begun}    ldarg this"), 3, "no argument 'this'"),
        (&format!("{begun}    ldloc b"), 3, "no local 'b'"),
        (&format!("{begun}    ldc_i4 1e3"), 3, "no number '1e3'"),
        (&format!("{begun}    ldstr bare"), 3, "no text 'bare'"),
        (&format!("{begun}    call C.G"), 3, "no member 'C.G'"),
        (&format!("{begun}    newarr Nothing"), 3, "no type 'Nothing'"),
        (&format!("{begun}    ret 1"), 3, "'ret' stands alone"),
        (&format!("{begun}    br :there\n    ret"), 3, "nothing is marked ':there'"),
        (&format!("{begun}    mark :a\n    mark :a"), 4, "marked twice"),
        (&format!("{begun}    try\n    ret"), 2, "has no 'end'"),
        (&format!("{begun}    end"), 3, "before this 'end'"),
        (&format!("{begun}    try\n    end"), 4, "before this 'end'"),
        (&format!("{begun}    catch object"), 3, "before this 'catch'"),
    ] {
        let core = "assembly core Core";
        let whole = if notation.contains("assembly") || notation.starts_with("net") {
            notation.to_owned()
        } else {
            format!("{notation}\n{core}")
        };
        let (found, message) = status(&whole);
        assert_eq!(found, ErrorKind::InvalidArgument, "{notation}: {message}");
        assert!(message.contains(&format!("Line {line} ")), "{notation}: {message}");
        assert!(message.contains(what), "{notation}: {message}");
    }
}

#[test]
fn what_is_cut_off_or_left_out_is_no_fault_of_the_library() {
    let answer = |notation: &str| {
        let units = utf16(notation);
        let mut length = 0;
        // SAFETY: the text has as many units as are told, and no memory is lent.
        let status = unsafe {
            let (units, count) = (units.as_ptr(), units.len());
            mmf_assembly_build16(units, count, units, count, null_mut(), 0, &mut length, null_mut())
        };
        assert_ne!(status, mmf_status_t::MMF_STATUS_INTERNAL, "{notation}");
        status
    };
    for end in 0..NOTATION.len() {
        answer(&NOTATION[..end]);
    }
    let lines: Vec<&str> = NOTATION.lines().collect();
    let mut refused = 0;
    for left_out in 0..lines.len() {
        let kept = lines.iter().enumerate().filter(|(line, _)| *line != left_out);
        let kept: Vec<&str> = kept.map(|(_, line)| *line).collect();
        refused += usize::from(answer(&kept.join("\n")) != mmf_status_t::MMF_STATUS_OK);
    }
    assert!(refused > 15, "only {refused} lines are needed");
    for word in NOTATION.split([' ', ';', '\n', ':']).filter(|word| !word.is_empty()) {
        answer(&NOTATION.replacen(word, "<>[]&", 1));
        answer(&NOTATION.replacen(word, "", 1));
    }
}

#[test]
fn what_is_too_much_for_one_assembly_is_told() {
    let mut notation = String::from("assembly core Core\nclass C object\n");
    for number in 0..9000 {
        notation += &format!("  field public int f{number}\n");
    }
    assert_eq!(status(&notation).0, ErrorKind::OutOfRange);
    let types: String = (0..70_000).map(|number| format!("class C{number} object\n")).collect();
    assert_eq!(status(&types).0, ErrorKind::OutOfRange);
    let text = "x".repeat(40_000);
    let notation = format!(
        "assembly core Core\nclass C object\n  function public void F\n    ldstr \"{text}\"; pop; ret"
    );
    assert_eq!(status(&notation).0, ErrorKind::OutOfRange);
}

#[test]
fn arguments_are_checked() {
    let (broken, fine) = ([0xD800], utf16("x"));
    for (notation, library) in [(&broken[..], &fine[..]), (&fine, &broken)] {
        // SAFETY: the texts have as many units as are told.
        fails_with(ErrorKind::InvalidText, |out: *mut usize, error| unsafe {
            let (units, path) = (notation.as_ptr(), library.as_ptr());
            mmf_assembly_build16(units, 1, path, 1, null_mut(), 0, out, error)
        });
    }
    for (notation, library) in [(null(), fine.as_ptr()), (fine.as_ptr(), null())] {
        // SAFETY: NULL is what is tried, and the other text has as many units as are told.
        fails_with(ErrorKind::NullArgument, |out: *mut usize, error| unsafe {
            let lengths = (usize::from(!notation.is_null()), usize::from(!library.is_null()));
            mmf_assembly_build16(notation, lengths.0, library, lengths.1, null_mut(), 0, out, error)
        });
    }
    // SAFETY: NULL is what is tried.
    fails_with(ErrorKind::NullArgument, |out: *mut usize, error| unsafe {
        let units = fine.as_ptr();
        mmf_assembly_build16(units, 1, units, 1, null_mut(), 1, out, error)
    });
}
