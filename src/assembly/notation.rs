//! The notation, line by line: what depends on how far a line is indented.

use std::collections::HashMap;

use super::fault;
use super::types::STRUCTURE;
use crate::error::Result;

/// All that a notation says. Names are resolved later, so that each can name what comes behind it.
#[derive(Default)]
pub(super) struct Notation<'a> {
    /// .NET's assemblies, by what `net` lines call them.
    pub(super) assemblies: Vec<(&'a str, AssemblyName<'a>)>,
    pub(super) aliases: HashMap<&'a str, &'a str>,
    /// .NET's types.
    pub(super) net: Vec<NetType<'a>>,
    /// Those of the assembly.
    pub(super) types: Vec<Type<'a>>,
}

/// `Name, Version=1.2.3.4, Culture=neutral, PublicKeyToken=0123456789abcdef`
pub(super) struct AssemblyName<'a> {
    pub(super) name: &'a str,
    pub(super) version: [u16; 4],
    pub(super) key: Vec<u8>,
}

pub(super) struct NetType<'a> {
    pub(super) line: usize,
    pub(super) assembly: &'a str,
    pub(super) namespace: &'a str,
    pub(super) name: &'a str,
    pub(super) value: bool,
    pub(super) members: Vec<Member<'a>>,
}

pub(super) struct Type<'a> {
    pub(super) line: usize,
    pub(super) name: &'a str,
    pub(super) value: bool,
    pub(super) base: &'a str,
    pub(super) interface: Option<&'a str>,
    pub(super) members: Vec<Member<'a>>,
}

/// A member; one of .NET's has neither flags nor names of arguments, and nothing inside.
pub(super) struct Member<'a> {
    pub(super) line: usize,
    pub(super) kind: MemberKind,
    pub(super) flags: u16,
    pub(super) result: &'a str,
    pub(super) name: &'a str,
    /// What instructions call it: `name`, or `other` where it is written `name/other`.
    pub(super) called: &'a str,
    /// The property that it gets.
    pub(super) property: Option<&'a str>,
    pub(super) arguments: Vec<(&'a str, &'a str)>,
    pub(super) locals: Vec<(&'a str, &'a str)>,
    pub(super) code: Vec<Instruction<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum MemberKind {
    Field,
    Import,
    Constructor,
    Method,
    Function,
}

impl MemberKind {
    pub(super) fn has_this(self) -> bool {
        matches!(self, MemberKind::Constructor | MemberKind::Method)
    }
}

pub(super) struct Instruction<'a> {
    pub(super) line: usize,
    pub(super) name: &'a str,
    /// Empty where there is none.
    pub(super) operand: &'a str,
}

/// Whose members the next lines are.
enum Place {
    Nowhere,
    Net,
    Own(usize),
}

impl<'a> Notation<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self> {
        let mut notation = Notation::default();
        let mut place = Place::Nowhere;
        for (number, line) in (1..).zip(text.lines()) {
            let content = line.trim_start();
            if content.is_empty() {
                continue;
            }
            let content = content.trim_end();
            match line.len() - line.trim_start().len() {
                0 => place = notation.begin(number, content)?,
                2 => notation.add_member(number, content, &place)?,
                _ => notation.add_code(number, content, &place)?,
            }
        }
        Ok(notation)
    }

    /// How many types and members there are.
    pub(super) fn size(&self) -> usize {
        let net = self.net.iter().map(|net| 1 + net.members.len());
        let own = self.types.iter().map(|own| 1 + own.members.len());
        self.assemblies.len() + net.sum::<usize>() + own.sum::<usize>()
    }

    /// A line that stands for itself, or begins a type.
    fn begin(&mut self, line: usize, content: &'a str) -> Result<Place> {
        let (word, rest) = split(content);
        match word {
            "assembly" => {
                let (key, name) = split(rest);
                self.assemblies.push((key, assembly_name(line, name)?));
                Ok(Place::Nowhere)
            }
            "alias" => {
                let (name, meaning) = split(rest);
                self.aliases.insert(name, meaning);
                Ok(Place::Nowhere)
            }
            "net" => {
                self.net.push(net_type(line, rest)?);
                Ok(Place::Net)
            }
            "struct" => {
                let (name, fields) = split(rest);
                let members = pairs(line, fields)?.into_iter().map(|(name, kind)| Member {
                    result: kind,
                    ..Member::new(line, MemberKind::Field, 0x06, name)
                });
                let members = members.collect();
                let (base, interface) = (STRUCTURE, None);
                self.types.push(Type { line, name, value: true, base, interface, members });
                Ok(Place::Nowhere)
            }
            "class" => self.begin_class(line, rest),
            _ => Err(fault(line, format!("'{word}' begins no line"))),
        }
    }

    /// `NAME BASE [INTERFACE]`, or the `NAME` of one that was begun before.
    fn begin_class(&mut self, line: usize, rest: &'a str) -> Result<Place> {
        let (name, rest) = split(rest);
        let (base, interface) = split(rest);
        if base.is_empty() {
            let place = self.types.iter().position(|known| known.name == name);
            let Some(place) = place else {
                return Err(fault(line, format!("'{name}' was not begun before, and has no base")));
            };
            return Ok(Place::Own(place));
        }
        let interface = (!interface.is_empty()).then_some(interface);
        self.types.push(Type { line, name, value: false, base, interface, members: Vec::new() });
        Ok(Place::Own(self.types.len() - 1))
    }

    fn add_member(&mut self, line: usize, content: &'a str, place: &Place) -> Result<()> {
        match place {
            Place::Own(place) => {
                let member = member(line, content)?;
                self.types[*place].members.push(member);
                Ok(())
            }
            Place::Net => match self.net.last_mut() {
                Some(net) => {
                    net.members.push(net_member(line, content)?);
                    Ok(())
                }
                None => Err(fault(line, "a member belongs to a type")),
            },
            Place::Nowhere => Err(fault(line, "a member belongs to a type")),
        }
    }

    /// What is local, or instructions: `local a:T`, `ldarg a; ret`.
    fn add_code(&mut self, line: usize, content: &'a str, place: &Place) -> Result<()> {
        let Place::Own(place) = place else {
            return Err(fault(line, "instructions belong to a member of a class"));
        };
        let Some(member) = self.types[*place].members.last_mut() else {
            return Err(fault(line, "instructions belong to a member of a class"));
        };
        if matches!(member.kind, MemberKind::Field | MemberKind::Import) {
            return Err(fault(line, format!("'{}' has no instructions", member.name)));
        }
        if let Some(local) = content.strip_prefix("local ") {
            member.locals.extend(pairs(line, local)?);
            return Ok(());
        }
        let mut rest = content;
        while !rest.is_empty() {
            let (instruction, behind) = next_instruction(rest);
            let (name, operand) = split(instruction);
            member.code.push(Instruction { line, name, operand });
            rest = behind;
        }
        Ok(())
    }
}

impl<'a> Member<'a> {
    /// `name`, or `name/other` for one of several with the same name.
    fn new(line: usize, kind: MemberKind, flags: u16, written: &'a str) -> Self {
        let (name, called) = written.split_once('/').unwrap_or((written, written));
        let name = if kind == MemberKind::Constructor { ".ctor" } else { name };
        Member {
            line,
            kind,
            flags,
            result: "void",
            name,
            called,
            property: None,
            arguments: Vec::new(),
            locals: Vec::new(),
            code: Vec::new(),
        }
    }
}

/// The first word, and what is behind it.
fn split(text: &str) -> (&str, &str) {
    text.split_once(' ').unwrap_or((text, ""))
}

/// The first instruction, and those behind it. A text can have a semicolon in it.
fn next_instruction(text: &str) -> (&str, &str) {
    let start = match text.split_once('"') {
        Some((before, behind)) if !before.contains("; ") => {
            behind.find('"').map_or(text.len(), |end| before.len() + 1 + end)
        }
        _ => 0,
    };
    match text[start..].find("; ") {
        Some(end) => (&text[..start + end], &text[start + end + 2..]),
        None => (text, ""),
    }
}

/// `name:type name:type`
fn pairs(line: usize, text: &str) -> Result<Vec<(&str, &str)>> {
    let pair = |word| {
        str::split_once(word, ':')
            .ok_or_else(|| fault(line, format!("'{word}' has no type behind a colon")))
    };
    text.split(' ').filter(|word| !word.is_empty()).map(pair).collect()
}

/// `ASSEMBLY class|struct NAMESPACE.NAME`
fn net_type(line: usize, rest: &str) -> Result<NetType<'_>> {
    let (assembly, rest) = split(rest);
    let (kind, full) = split(rest);
    let value = match kind {
        "class" => false,
        "struct" => true,
        _ => return Err(fault(line, format!("'{kind}' is neither 'class' nor 'struct'"))),
    };
    let Some((namespace, name)) = full.rsplit_once('.') else {
        return Err(fault(line, format!("'{full}' has no namespace")));
    };
    Ok(NetType { line, assembly, namespace, name, value, members: Vec::new() })
}

/// `ctor|method|static TYPE name TYPE...`
fn net_member(line: usize, content: &str) -> Result<Member<'_>> {
    let (kind, rest) = split(content);
    let (result, rest) = split(rest);
    let (name, arguments) = split(rest);
    let kind = match kind {
        "ctor" => MemberKind::Constructor,
        "method" => MemberKind::Method,
        "static" => MemberKind::Function,
        _ => return Err(fault(line, format!("'{kind}' is no kind of member of .NET"))),
    };
    let arguments = arguments.split(' ').filter(|word| !word.is_empty());
    let arguments = arguments.map(|kind| ("", kind)).collect();
    Ok(Member { result, arguments, ..Member::new(line, kind, 0, name) })
}

/// `KIND FLAG TYPE name a:T...`; the flags are those of ECMA-335. `private` is for the assembly,
/// and methods hide by signature (0x80), as compilers write it.
fn member(line: usize, content: &str) -> Result<Member<'_>> {
    let mut words = content.splitn(5, ' ');
    let mut word = || words.next().unwrap_or_default();
    let [kind, flag, result, name, arguments] = [word(), word(), word(), word(), word()];
    let (kind, flags) = match (kind, flag) {
        ("field", "private") => (MemberKind::Field, 0x03),
        ("field", "public") => (MemberKind::Field, 0x06),
        ("field", "static") => (MemberKind::Field, 0x16),
        ("import", "public") => (MemberKind::Import, 0x2096),
        ("ctor", "private") => (MemberKind::Constructor, 0x1883),
        ("ctor", "public") => (MemberKind::Constructor, 0x1886),
        ("method", "private") => (MemberKind::Method, 0x83),
        ("method", "public") => (MemberKind::Method, 0x86),
        ("method", "getter") => (MemberKind::Method, 0x886),
        ("method", "override") => (MemberKind::Method, 0xC6),
        ("method", "protected-override") => (MemberKind::Method, 0xC4),
        ("method", "interface") => (MemberKind::Method, 0x1E6),
        ("function", "private") => (MemberKind::Function, 0x93),
        ("function", "public") => (MemberKind::Function, 0x96),
        _ => return Err(fault(line, format!("'{kind} {flag}' is no kind of member"))),
    };
    if name.is_empty() {
        return Err(fault(line, "a member has a type and a name"));
    }
    let arguments = pairs(line, arguments)?;
    let mut member = Member { result, arguments, ..Member::new(line, kind, flags, name) };
    if flag == "getter" {
        let property = member.name.strip_prefix("get_");
        let unnamed = || fault(line, format!("'{}' does not begin with get_", member.name));
        member.property = Some(property.ok_or_else(unnamed)?);
    }
    Ok(member)
}

fn assembly_name(line: usize, text: &str) -> Result<AssemblyName<'_>> {
    let unknown = || fault(line, format!("'{text}' is no full name of an assembly"));
    let mut parts = text.split(", ");
    let mut found =
        AssemblyName { name: parts.next().unwrap_or_default(), version: [0; 4], key: Vec::new() };
    for part in parts {
        let (what, value) = part.split_once('=').ok_or_else(unknown)?;
        match what {
            "Version" => {
                let mut numbers = value.split('.');
                for place in &mut found.version {
                    let number = numbers.next().and_then(|number| number.parse().ok());
                    *place = number.ok_or_else(unknown)?;
                }
            }
            "PublicKeyToken" if value != "null" => {
                let byte = |place: usize| {
                    let digits = value.get(place..place + 2);
                    digits.and_then(|digits| u8::from_str_radix(digits, 16).ok())
                };
                found.key = (0..value.len())
                    .step_by(2)
                    .map(byte)
                    .collect::<Option<_>>()
                    .ok_or_else(unknown)?;
            }
            _ => {}
        }
    }
    Ok(found)
}
