//! What only Windows has: native programs that share maps, security descriptors, and the namespaces of the kernel.
#![cfg(windows)]
#![allow(unsafe_code, reason = "the tests call the system to check memory and privileges")]

mod files;
mod memory;
mod names;
mod native_programs;
mod sections;
mod security;
