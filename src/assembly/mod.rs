//! A .NET assembly, written from a notation.
//!
//! The PowerShell module brings its P/Invoke binding as text, and this is what makes an assembly of
//! it: a shell would need a hundred times as long. The notation is described in the module, beside the
//! text; what comes out is what ECMA-335 asks of an assembly without native code.

mod code;
mod image;
mod metadata;
mod notation;
mod types;

use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Result};
use code::Coder;
use metadata::{Cell, Metadata, Table};
use notation::{Member, MemberKind, Notation, Type};
use types::Types;

/// What the assembly and the namespace of all its types are called.
const NAME: &str = "Mmf";

/// The assembly of a notation, whose imports are functions of the library at this path.
pub(crate) fn assemble(notation: &str, library: &str) -> Result<Vec<u8>> {
    let hash = Sha256::new().chain_update(notation).chain_update(library).finalize();
    let notation = Notation::parse(notation)?;
    if notation.size() >= metadata::MOST_ROWS {
        return Err(metadata::too_long());
    }
    let mut data = Metadata::default();
    declare_self(&mut data, &hash[..16]);
    let mut types = Types::declare(&notation, &mut data)?;
    let bodies = Members::new(&mut data, library).define(&notation, &mut types)?;
    Ok(image::write(&bodies, &data.write()?))
}

/// Why a notation is none, by its line.
fn fault(line: usize, what: impl std::fmt::Display) -> Error {
    Error::new(
        ErrorKind::InvalidArgument,
        format!("Line {line} of the notation of an assembly: {what}. Correct the line."),
    )
}

fn declare_self(data: &mut Metadata, id: &[u8]) {
    let (name, id) = (data.string(NAME), data.guid(id));
    data.add(Table::Module, &[Cell::Short(0), name, id, Cell::Short(0), Cell::Short(0)]);
    let version = [2, 0, 0, 0].map(Cell::Short);
    let mut row = vec![Cell::Long(0x8004)];
    row.extend(version);
    row.extend([Cell::Long(0), Cell::Short(0), name, Cell::Short(0)]);
    data.add(Table::Assembly, &row);
}

/// Writes the rows of types and members, in the order in which they have their numbers.
struct Members<'d> {
    data: &'d mut Metadata,
    library: Cell,
    bodies: Vec<u8>,
}

impl<'d> Members<'d> {
    fn new(data: &'d mut Metadata, library: &str) -> Self {
        let name = data.string(library);
        let library = data.add(Table::ModuleRef, &[name]);
        Members { library: Cell::Short(library), data, bodies: Vec::new() }
    }

    fn define<'a>(mut self, notation: &Notation<'a>, types: &mut Types<'a>) -> Result<Vec<u8>> {
        // The type of what is in no type has the first row.
        let module = self.data.string("<Module>");
        let first = Cell::Short(1);
        let none = Cell::Short(0);
        self.data.add(Table::TypeDef, &[Cell::Long(0), module, none, none, first, first]);
        for own in &notation.types {
            self.define_type(own, types)?;
        }
        Ok(self.bodies)
    }

    fn define_type<'a>(&mut self, own: &Type<'a>, types: &mut Types<'a>) -> Result<()> {
        // Public; a structure is sealed, and its fields lie as they are written.
        let flags = if own.value { 0x0010_0109 } else { 0x0010_0001 };
        let base = types.coded(own.base, own.line, self.data)?;
        let row = [
            Cell::Long(flags),
            self.data.string(own.name),
            self.data.string(NAME),
            base,
            Cell::Short(self.data.next(Table::Field)),
            Cell::Short(self.data.next(Table::MethodDef)),
        ];
        let class = self.data.add(Table::TypeDef, &row);
        if let Some(interface) = own.interface {
            let interface = types.coded(interface, own.line, self.data)?;
            self.data.add(Table::InterfaceImpl, &[Cell::Short(class), interface]);
        }
        let properties = self.data.next(Table::Property);
        for member in &own.members {
            match member.kind {
                MemberKind::Field => self.define_field(member, types)?,
                _ => self.define_method(member, types)?,
            }
        }
        if self.data.next(Table::Property) != properties {
            self.data.add(Table::PropertyMap, &[Cell::Short(class), Cell::Short(properties)]);
        }
        Ok(())
    }

    fn define_field(&mut self, member: &Member, types: &Types) -> Result<()> {
        let mut signature = vec![0x06];
        types.write(member.result, member.line, &mut signature)?;
        let row =
            [Cell::Short(member.flags), self.data.string(member.name), self.data.blob(&signature)];
        self.data.add(Table::Field, &row);
        Ok(())
    }

    fn define_method<'a>(&mut self, member: &Member<'a>, types: &mut Types<'a>) -> Result<()> {
        let import = member.kind == MemberKind::Import;
        let address = if import { 0 } else { self.write_body(member, types)? };
        // What an import gives back is its result, and nothing is made of it (PreserveSig).
        let implementation = if import { 0x80 } else { 0 };
        let signature = types.method(member)?;
        let row = [
            Cell::Long(address),
            Cell::Short(implementation),
            Cell::Short(member.flags),
            self.data.string(member.name),
            self.data.blob(&signature),
            Cell::Short(self.data.next(Table::Param)),
        ];
        let method = self.data.add(Table::MethodDef, &row);
        for (number, (name, _)) in (1..).zip(&member.arguments) {
            let row = [Cell::Short(0), Cell::Short(number), self.data.string(name)];
            self.data.add(Table::Param, &row);
        }
        if import {
            // Its name as it is, text as UTF-16, Cdecl.
            let row = [
                Cell::Short(0x0205),
                Cell::Short(method << 1 | 1),
                self.data.string(member.name),
                self.library,
            ];
            self.data.add(Table::ImplMap, &row);
        }
        if let Some(property) = member.property {
            let mut signature = vec![0x28, 0];
            types.write(member.result, member.line, &mut signature)?;
            let row = [Cell::Short(0), self.data.string(property), self.data.blob(&signature)];
            let property = self.data.add(Table::Property, &row);
            let row = [Cell::Short(2), Cell::Short(method), Cell::Short(property << 1 | 1)];
            self.data.add(Table::MethodSemantics, &row);
        }
        Ok(())
    }

    /// Where the body is, once it is loaded.
    fn write_body<'a>(&mut self, member: &Member<'a>, types: &mut Types<'a>) -> Result<u32> {
        let body = Coder::new(member, types, self.data).body()?;
        self.bodies.resize(self.bodies.len().next_multiple_of(4), 0);
        let address = image::BODIES_START + self.bodies.len();
        self.bodies.extend(body);
        u32::try_from(address).map_err(|_| fault(member.line, "the assembly is too large"))
    }
}
