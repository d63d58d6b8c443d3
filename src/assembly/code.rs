//! The instructions of a method.

use std::collections::HashMap;

use super::fault;
use super::metadata::{Metadata, Table, write_number};
use super::notation::{Instruction, Member};
use super::types::Types;
use crate::error::{Error, Result};

/// What stands behind an instruction.
#[derive(Clone, Copy)]
enum Operand {
    Nothing,
    Argument,
    Local,
    Number,
    Text,
    Type,
    Member,
    Label,
}

/// The instructions that a notation can have, by the names of .NET's `OpCodes`.
fn instruction(name: &str) -> Option<(u16, Operand)> {
    use Operand::*;
    Some(match name {
        "ldnull" => (0x14, Nothing),
        "ldc_i4_m1" => (0x15, Nothing),
        "ldc_i4" => (0x20, Number),
        "dup" => (0x25, Nothing),
        "pop" => (0x26, Nothing),
        "call" => (0x28, Member),
        "ret" => (0x2A, Nothing),
        "br" => (0x38, Label),
        "brfalse" => (0x39, Label),
        "brtrue" => (0x3A, Label),
        "beq" => (0x3B, Label),
        "bge" => (0x3C, Label),
        "ble" => (0x3E, Label),
        "blt" => (0x3F, Label),
        "bne_un" => (0x40, Label),
        "bgt_un" => (0x42, Label),
        "add" => (0x58, Nothing),
        "sub" => (0x59, Nothing),
        "mul" => (0x5A, Nothing),
        "conv_i4" => (0x69, Nothing),
        "conv_i8" => (0x6A, Nothing),
        "conv_r8" => (0x6C, Nothing),
        "conv_u8" => (0x6E, Nothing),
        "callvirt" => (0x6F, Member),
        "ldobj" => (0x71, Type),
        "ldstr" => (0x72, Text),
        "newobj" => (0x73, Member),
        "castclass" => (0x74, Type),
        "isinst" => (0x75, Type),
        "throw" => (0x7A, Nothing),
        "ldfld" => (0x7B, Member),
        "ldflda" => (0x7C, Member),
        "stfld" => (0x7D, Member),
        "ldsfld" => (0x7E, Member),
        "stsfld" => (0x80, Member),
        "box" => (0x8C, Type),
        "newarr" => (0x8D, Type),
        "ldlen" => (0x8E, Nothing),
        "ldelem_ref" => (0x9A, Nothing),
        "stelem_ref" => (0xA2, Nothing),
        "unbox_any" => (0xA5, Type),
        "ldtoken" => (0xD0, Type),
        "conv_i" => (0xD3, Nothing),
        "leave" => (0xDD, Label),
        "conv_u" => (0xE0, Nothing),
        "ceq" => (0xFE01, Nothing),
        "cgt_un" => (0xFE03, Nothing),
        "ldftn" => (0xFE06, Member),
        "ldarg" => (0xFE09, Argument),
        "ldarga" => (0xFE0A, Argument),
        "ldloc" => (0xFE0C, Local),
        "ldloca" => (0xFE0D, Local),
        "stloc" => (0xFE0E, Local),
        "sizeof" => (0xFE1C, Type),
        _ => return None,
    })
}

/// So much can be on the stack; more than the longest list of arguments.
const STACK: u16 = 32;

/// `try` is where it began; `catch` adds what is caught, and where that is handled.
struct Guard {
    start: usize,
    handler: Option<(u32, usize)>,
}

/// Writes the body of one method.
pub(super) struct Coder<'c, 'a> {
    member: &'c Member<'a>,
    types: &'c mut Types<'a>,
    data: &'c mut Metadata,
    code: Vec<u8>,
    labels: HashMap<&'a str, usize>,
    /// Where a label is called: the place of the distance, which counts from behind itself.
    jumps: Vec<(usize, &'a str, usize)>,
    open: Vec<Guard>,
    clauses: Vec<u8>,
}

impl<'c, 'a> Coder<'c, 'a> {
    pub(super) fn new(
        member: &'c Member<'a>,
        types: &'c mut Types<'a>,
        data: &'c mut Metadata,
    ) -> Self {
        Coder {
            member,
            types,
            data,
            code: Vec::new(),
            labels: HashMap::new(),
            jumps: Vec::new(),
            open: Vec::new(),
            clauses: Vec::new(),
        }
    }

    /// Head, instructions, and what is caught where.
    pub(super) fn body(mut self) -> Result<Vec<u8>> {
        for instruction in &self.member.code {
            self.write(instruction)?;
        }
        if !self.open.is_empty() {
            return Err(fault(self.member.line, "a 'try' has no 'end'"));
        }
        for (place, label, line) in std::mem::take(&mut self.jumps) {
            let Some(target) = self.labels.get(label) else {
                return Err(fault(line, format!("nothing is marked '{label}'")));
            };
            let distance = *target as i32 - (place as i32 + 4);
            self.code[place..place + 4].copy_from_slice(&distance.to_le_bytes());
        }
        let locals = self.locals()?;
        // The long head, in words of four bytes; locals begin as zero; more follows.
        let flags = 0x3013 | if self.clauses.is_empty() { 0 } else { 0x08 };
        let mut body = Vec::with_capacity(12 + self.code.len() + self.clauses.len());
        body.extend([flags, STACK].iter().flat_map(|word| word.to_le_bytes()));
        body.extend((self.code.len() as u32).to_le_bytes());
        body.extend(locals.to_le_bytes());
        body.extend(&self.code);
        if !self.clauses.is_empty() {
            body.resize(body.len().next_multiple_of(4), 0);
            // A table of clauses, in its long form; its length is in the other three bytes.
            body.extend(((self.clauses.len() as u32 + 4) << 8 | 0x41).to_le_bytes());
            body.extend(&self.clauses);
        }
        Ok(body)
    }

    fn locals(&mut self) -> Result<u32> {
        if self.member.locals.is_empty() {
            return Ok(0);
        }
        let mut signature = vec![0x07];
        write_number(self.member.locals.len(), &mut signature);
        for (_, kind) in &self.member.locals {
            self.types.write(kind, self.member.line, &mut signature)?;
        }
        let signature = self.data.blob(&signature);
        let row = self.data.add(Table::StandAloneSig, &[signature]);
        Ok(Table::StandAloneSig.token(row))
    }

    fn write(&mut self, instruction: &Instruction<'a>) -> Result<()> {
        let &Instruction { line, name, operand } = instruction;
        match name {
            "mark" => match self.labels.insert(operand, self.code.len()) {
                None => Ok(()),
                Some(_) => Err(fault(line, format!("'{operand}' is marked twice"))),
            },
            "try" => {
                self.open.push(Guard { start: self.code.len(), handler: None });
                Ok(())
            }
            "catch" => {
                let caught = self.types.token(operand, line, self.data)?;
                match self.open.last_mut() {
                    Some(guard) if guard.handler.is_none() => {
                        guard.handler = Some((caught, self.code.len()));
                        Ok(())
                    }
                    _ => Err(fault(line, "there is no 'try' before this 'catch'")),
                }
            }
            "end" => self.close(line),
            _ => self.encode(instruction),
        }
    }

    /// The clause of a `try`: what is inside comes first, as it has to.
    fn close(&mut self, line: usize) -> Result<()> {
        let Some(Guard { start, handler: Some((caught, handler)) }) = self.open.pop() else {
            return Err(fault(line, "there are no 'try' and 'catch' before this 'end'"));
        };
        let clause =
            [0, start, handler - start, handler, self.code.len() - handler, caught as usize];
        self.clauses.extend(clause.iter().flat_map(|word| (*word as u32).to_le_bytes()));
        Ok(())
    }

    fn encode(&mut self, instruction: &Instruction<'a>) -> Result<()> {
        let &Instruction { line, name, operand } = instruction;
        let Some((code, kind)) = self::instruction(name) else {
            return Err(fault(line, format!("there is no instruction '{name}'")));
        };
        if code > 0xFF {
            self.code.push((code >> 8) as u8);
        }
        self.code.push(code as u8);
        let unknown = |what: &str| -> Error {
            fault(line, format!("there is no {what} '{operand}' for '{name}'"))
        };
        match kind {
            Operand::Nothing if operand.is_empty() => {}
            Operand::Nothing => return Err(fault(line, format!("'{name}' stands alone"))),
            Operand::Argument => {
                let number = self.argument(operand).ok_or_else(|| unknown("argument"))?;
                self.code.extend((number as u16).to_le_bytes());
            }
            Operand::Local => {
                let number = place(&self.member.locals, operand);
                let number = number.ok_or_else(|| unknown("local"))?;
                self.code.extend((number as u16).to_le_bytes());
            }
            Operand::Number => {
                let number: i32 = operand.parse().map_err(|_| unknown("number"))?;
                self.code.extend(number.to_le_bytes());
            }
            Operand::Text => {
                let text = operand.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
                let text = text.ok_or_else(|| unknown("text"))?;
                self.code.extend(self.data.text(text).to_le_bytes());
            }
            Operand::Type => {
                let token = self.types.token(operand, line, self.data)?;
                self.code.extend(token.to_le_bytes());
            }
            Operand::Member => {
                self.code.extend(self.types.member(operand, line)?.to_le_bytes());
            }
            Operand::Label => {
                self.jumps.push((self.code.len(), operand, line));
                self.code.extend([0; 4]);
            }
        }
        Ok(())
    }

    fn argument(&self, name: &str) -> Option<usize> {
        let instance = self.member.kind.has_this();
        match name {
            "this" if instance => Some(0),
            _ => place(&self.member.arguments, name).map(|place| place + usize::from(instance)),
        }
    }
}

fn place(names: &[(&str, &str)], name: &str) -> Option<usize> {
    names.iter().position(|(known, _)| *known == name)
}
