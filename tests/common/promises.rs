//! A list of what `include/mmf.h` promises to compiled programs, with one line for each thing that must never change.

use std::collections::HashMap;

/// The header without its comments.
pub fn code(header: &str) -> String {
    let mut code = String::new();
    let mut rest = header;
    while let Some((before, behind)) = rest.split_once("/*") {
        code.push_str(before);
        rest = behind.split_once("*/").expect("a comment ends").1;
    }
    code.push_str(rest);
    let line = |line: &str| line.split("//").next().unwrap_or_default().to_owned() + "\n";
    code.lines().map(line).collect()
}

/// A structure of the header, with its fields and their types.
pub struct Structure {
    pub name: String,
    pub fields: Vec<(String, String)>,
}

impl Structure {
    /// Whether later versions may add fields at the end, because the structure or its list has its size.
    fn grows(&self) -> bool {
        self.fields[0].0 == "struct_size" || self.name.starts_with("mmf_list_entry")
    }
}

/// The offsets of the fields of a structure, and its size.
pub struct Layout {
    pub offsets: Vec<usize>,
    pub size: usize,
    align: usize,
}

/// The macros of a header, and all other code on one line.
struct Parts {
    macros: Vec<(String, String)>,
    rest: String,
}

fn parts(header: &str) -> Parts {
    let code = code(header).replace("\\\n", " ");
    let (directives, rest): (Vec<&str>, Vec<&str>) =
        code.lines().partition(|line| line.trim_start().starts_with('#'));
    let define = |line: &&str| {
        let text = line.trim().strip_prefix("#define ")?;
        let name_ends = text.find(' ')?;
        // The list of parameters also contains spaces.
        let end = if text[..name_ends].contains('(') { text.find(')')? + 1 } else { name_ends };
        Some((text[..end].to_owned(), normalize_spaces(&text[end..])))
    };
    // `extern "C" {` and `}` are only for C++.
    let rest = rest.into_iter().filter(|line| !matches!(line.trim(), "extern \"C\" {" | "}"));
    Parts {
        macros: directives.iter().filter_map(define).collect(),
        rest: normalize_spaces(&rest.collect::<Vec<_>>().join(" ")),
    }
}

fn normalize_spaces(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The macros that are compiled into programs, without those for the version and without the initializers of
/// structures, because both change.
pub fn macros(header: &str) -> Vec<(String, String)> {
    let mut found = parts(header).macros;
    let changes = |name: &str| name.starts_with("MMF_VERSION") || name.ends_with("_INIT");
    found.retain(|(name, _)| name.starts_with("MMF_") && !changes(name));
    found
}

/// The values of all enumerations.
pub fn values(header: &str) -> Vec<(String, i64)> {
    let code = parts(header).rest;
    let bodies = code.split("enum ").skip(1).filter_map(|part| part.split_once('{'));
    // A typedef has no body. The next body belongs to another enumeration.
    let bodies = bodies.filter(|(head, _)| !head.contains(';'));
    let lists = bodies.filter_map(|(_, rest)| rest.split_once('}')).map(|(list, _)| list);
    let mut found = Vec::new();
    for list in lists {
        for value in list.split(',').map(str::trim).filter(|value| !value.is_empty()) {
            let (name, number) = value.split_once(" = ").expect("every value has a number");
            found.push((name.to_owned(), number.parse().expect("a number")));
        }
    }
    found
}

pub fn structures(header: &str) -> Vec<Structure> {
    let code = parts(header).rest;
    let mut found = Vec::new();
    for part in code.split("typedef struct {").skip(1) {
        let (body, rest) = part.split_once('}').expect("the end of the structure");
        let name = rest.split(';').next().expect("the name of the structure").trim().to_owned();
        let field = |field: &str| {
            let (kind, name) = field.rsplit_once(' ').expect("a type and a name");
            let stars = name.len() - name.trim_start_matches('*').len();
            let (name, array) = match name.split_once('[') {
                Some((name, count)) => (name, format!("[{count}")),
                None => (name, String::new()),
            };
            let kind = format!("{kind}{}{array}", &name[..stars]).replace(" *", "*");
            (name[stars..].to_owned(), kind)
        };
        let fields = body.split(';').map(str::trim).filter(|it| !it.is_empty()).map(field);
        found.push(Structure { name, fields: fields.collect() });
    }
    found
}

/// The layouts that C compilers give the structures, for pointers of `pointer` bytes.
pub fn layouts(
    structures: &[Structure],
    pointer: usize,
    align_of_64: usize,
) -> HashMap<String, Layout> {
    let mut known: HashMap<String, Layout> = HashMap::new();
    let mut left: Vec<&Structure> = structures.iter().collect();
    // A structure may come before the structures that it contains.
    while !left.is_empty() {
        let before = left.len();
        left.retain(|structure| match layout(structure, &known, pointer, align_of_64) {
            Some(layout) => known.insert(structure.name.clone(), layout).is_some(),
            None => true,
        });
        assert!(left.len() < before, "unknown type: {:?}", left[0].fields);
    }
    known
}

fn layout(
    structure: &Structure,
    known: &HashMap<String, Layout>,
    pointer: usize,
    align_of_64: usize,
) -> Option<Layout> {
    let (mut offsets, mut size, mut align) = (Vec::new(), 0_usize, 1);
    for (_, kind) in &structure.fields {
        let (element, count) = match kind.split_once('[') {
            Some((element, count)) => (element, count.trim_end_matches(']').parse().ok()?),
            None => (kind.as_str(), 1),
        };
        let (bytes, its_align) = match element {
            _ if element.ends_with('*') => (pointer, pointer),
            "size_t" | "intptr_t" => (pointer, pointer),
            "char" | "uint8_t" => (1, 1),
            "int32_t" | "uint32_t" => (4, 4),
            "int64_t" | "uint64_t" => (8, align_of_64),
            other => known.get(other).map(|layout| (layout.size, layout.align))?,
        };
        size = size.next_multiple_of(its_align);
        offsets.push(size);
        size += bytes * count;
        align = align.max(its_align);
    }
    Some(Layout { offsets, size: size.next_multiple_of(align), align })
}

/// The declarations of the functions.
pub fn functions(header: &str) -> Vec<String> {
    let code = parts(header).rest;
    let statements = code.split([';', '}']).map(str::trim);
    statements.filter(|it| it.ends_with(')')).map(str::to_owned).collect()
}

/// The list. Numbers are for 64 bits and, after the bar, for 32 bits.
pub fn list(header: &str) -> String {
    let structures = structures(header);
    let wide = layouts(&structures, 8, 8);
    let narrow = layouts(&structures, 4, 8);
    let mut lines = Vec::new();
    for (name, value) in values(header) {
        lines.push(format!("value {name} = {value}"));
    }
    for (name, value) in macros(header) {
        lines.push(format!("macro {name} = {value}"));
    }
    for structure in &structures {
        let (wide, narrow) = (&wide[&structure.name], &narrow[&structure.name]);
        let size = match structure.grows() {
            true => "grows".to_owned(),
            false => format!("{} | {}", wide.size, narrow.size),
        };
        lines.push(format!("structure {}: {size}", structure.name));
        for (at, (name, kind)) in structure.fields.iter().enumerate() {
            let (wide, narrow) = (wide.offsets[at], narrow.offsets[at]);
            lines.push(format!("field {}.{name}: {kind} at {wide} | {narrow}", structure.name));
        }
    }
    lines.extend(functions(header).into_iter().map(|function| format!("function {function}")));
    lines.join("\n") + "\n"
}
