//! What the names in a notation stand for: .NET's types and its own, and the members of both.

use std::collections::HashMap;

use super::fault;
use super::metadata::{Cell, Metadata, Table, write_number};
use super::notation::{AssemblyName, Member, MemberKind, NetType, Notation};
use crate::error::Result;

/// The types that have a word and a number of their own, and what .NET calls them.
const PRIMITIVES: [(&str, u8, &str); 12] = [
    ("void", 0x01, "Void"),
    ("bool", 0x02, "Boolean"),
    ("char", 0x03, "Char"),
    ("byte", 0x05, "Byte"),
    ("int", 0x08, "Int32"),
    ("uint", 0x09, "UInt32"),
    ("long", 0x0A, "Int64"),
    ("ulong", 0x0B, "UInt64"),
    ("double", 0x0D, "Double"),
    ("string", 0x0E, "String"),
    ("nint", 0x18, "IntPtr"),
    ("object", 0x1C, "Object"),
];

/// The base of every structure.
pub(super) const STRUCTURE: &str = "ValueType";

/// A type that is no primitive one: whether it is a structure, and the number that rows and
/// signatures have for it.
#[derive(Clone, Copy)]
struct Known {
    value: bool,
    coded: u16,
}

pub(super) struct Types<'a> {
    known: HashMap<&'a str, Known>,
    aliases: &'a HashMap<&'a str, &'a str>,
    assemblies: HashMap<&'a str, u16>,
    members: HashMap<String, u32>,
}

impl<'a> Types<'a> {
    /// Gives everything that has a name its number.
    pub(super) fn declare(notation: &'a Notation<'a>, data: &mut Metadata) -> Result<Self> {
        let mut types = Types {
            known: HashMap::new(),
            aliases: &notation.aliases,
            assemblies: HashMap::new(),
            members: HashMap::new(),
        };
        for (key, name) in &notation.assemblies {
            let row = reference(name, data);
            types.assemblies.insert(key, row);
        }
        for net in &notation.net {
            types.declare_net(net, data)?;
        }
        // The first row is that of what is in no type.
        for (row, own) in (2..).zip(&notation.types) {
            types.know(own.name, own.line, Known { value: own.value, coded: row << 2 })?;
        }
        for net in &notation.net {
            types.declare_net_members(net, data)?;
        }
        let (mut fields, mut methods) = (0, 0);
        for own in &notation.types {
            for member in &own.members {
                let token = match member.kind {
                    MemberKind::Field => {
                        fields += 1;
                        Table::Field.token(fields)
                    }
                    _ => {
                        methods += 1;
                        Table::MethodDef.token(methods)
                    }
                };
                types.know_member(own.name, member.called, member.line, token)?;
            }
        }
        Ok(types)
    }

    fn declare_net(&mut self, net: &NetType<'a>, data: &mut Metadata) -> Result<()> {
        let coded = self.reference(net.assembly, net.namespace, net.name, net.line, data)?;
        self.know(net.name, net.line, Known { value: net.value, coded })
    }

    fn declare_net_members(&mut self, net: &NetType<'a>, data: &mut Metadata) -> Result<()> {
        for member in &net.members {
            let signature = self.method(member)?;
            // The parent's tables have another order here than in signatures.
            let parent = self.known[net.name].coded >> 2 << 3 | 1;
            let row = [Cell::Short(parent), data.string(member.name), data.blob(&signature)];
            let row = data.add(Table::MemberRef, &row);
            let token = Table::MemberRef.token(row);
            self.know_member(net.name, member.called, member.line, token)?;
        }
        Ok(())
    }

    fn know(&mut self, name: &'a str, line: usize, known: Known) -> Result<()> {
        match self.known.insert(name, known) {
            None => Ok(()),
            Some(_) => Err(fault(line, format!("there is another type '{name}'"))),
        }
    }

    fn know_member(&mut self, class: &str, name: &str, line: usize, token: u32) -> Result<()> {
        match self.members.insert(format!("{class}.{name}"), token) {
            None => Ok(()),
            Some(_) => Err(fault(line, format!("{class} has another member '{name}'"))),
        }
    }

    /// Adds a type of another assembly.
    fn reference(
        &self,
        assembly: &str,
        namespace: &str,
        name: &str,
        line: usize,
        data: &mut Metadata,
    ) -> Result<u16> {
        let Some(assembly) = self.assemblies.get(assembly) else {
            return Err(fault(line, format!("no assembly is called '{assembly}'")));
        };
        let row = [Cell::Short(assembly << 2 | 2), data.string(name), data.string(namespace)];
        Ok(data.add(Table::TypeRef, &row) << 2 | 1)
    }

    fn resolve<'n>(&self, name: &'n str) -> &'n str
    where
        'a: 'n,
    {
        self.aliases.get(name).copied().unwrap_or(name)
    }

    /// A type as signatures have it.
    pub(super) fn write(&self, name: &str, line: usize, signature: &mut Vec<u8>) -> Result<()> {
        let name = self.resolve(name);
        if let Some(element) = name.strip_suffix('&') {
            signature.push(0x10);
            return self.write(element, line, signature);
        }
        if let Some(element) = name.strip_suffix("[]") {
            signature.push(0x1D);
            return self.write(element, line, signature);
        }
        if let Some((generic, argument)) =
            name.strip_suffix('>').and_then(|name| name.split_once('<'))
        {
            signature.push(0x15);
            self.write(generic, line, signature)?;
            signature.push(1);
            return self.write(argument, line, signature);
        }
        if let Some((_, number, _)) = PRIMITIVES.iter().find(|(word, ..)| *word == name) {
            signature.push(*number);
            return Ok(());
        }
        let known = self.find(name, line)?;
        signature.push(if known.value { 0x11 } else { 0x12 });
        write_number(known.coded.into(), signature);
        Ok(())
    }

    /// The signature of a method.
    pub(super) fn method(&self, member: &Member) -> Result<Vec<u8>> {
        let mut signature = vec![if member.kind.has_this() { 0x20 } else { 0 }];
        write_number(member.arguments.len(), &mut signature);
        self.write(member.result, member.line, &mut signature)?;
        for (_, kind) in &member.arguments {
            self.write(kind, member.line, &mut signature)?;
        }
        Ok(signature)
    }

    fn find(&self, name: &str, line: usize) -> Result<Known> {
        let known = self.known.get(name).copied();
        known.ok_or_else(|| fault(line, format!("there is no type '{name}'")))
    }

    /// A type as rows have it. Primitive ones, arrays and the base of structures get their own rows
    /// when they are first asked for.
    fn number(&mut self, name: &str, line: usize, data: &mut Metadata) -> Result<u16> {
        let name = self.resolve(name);
        if name.ends_with("[]") {
            let mut signature = Vec::new();
            self.write(name, line, &mut signature)?;
            let signature = data.blob(&signature);
            return Ok(data.add(Table::TypeSpec, &[signature]) << 2 | 2);
        }
        let primitive = PRIMITIVES.iter().find(|(word, ..)| *word == name);
        let own = match primitive {
            Some((_, _, own)) => own,
            None if name == STRUCTURE => STRUCTURE,
            None => return Ok(self.find(name, line)?.coded),
        };
        if let Some(known) = self.known.get(own) {
            return Ok(known.coded);
        }
        let coded = self.reference("core", "System", own, line, data)?;
        self.known.insert(own, Known { value: false, coded });
        Ok(coded)
    }

    /// A type as rows have it.
    pub(super) fn coded(&mut self, name: &str, line: usize, data: &mut Metadata) -> Result<Cell> {
        self.number(name, line, data).map(Cell::Short)
    }

    /// A type as instructions have it.
    pub(super) fn token(&mut self, name: &str, line: usize, data: &mut Metadata) -> Result<u32> {
        let coded = self.number(name, line, data)?;
        let table = [Table::TypeDef, Table::TypeRef, Table::TypeSpec][usize::from(coded & 3)];
        Ok(table.token(coded >> 2))
    }

    /// A member as instructions have it.
    pub(super) fn member(&self, name: &str, line: usize) -> Result<u32> {
        let token = self.members.get(name).copied();
        token.ok_or_else(|| fault(line, format!("there is no member '{name}'")))
    }
}

fn reference(name: &AssemblyName, data: &mut Metadata) -> u16 {
    let mut row: Vec<Cell> = name.version.iter().copied().map(Cell::Short).collect();
    let key = if name.key.is_empty() { Cell::Short(0) } else { data.blob(&name.key) };
    row.extend([Cell::Long(0), key, data.string(name.name), Cell::Short(0), Cell::Short(0)]);
    data.add(Table::AssemblyRef, &row)
}
