//! Tests of the C ABI: the functions return a correct result or error for every input.
#![allow(unsafe_code, reason = "the tests call C functions, and keep their rules")]
#![allow(clippy::unwrap_used, reason = "an error fails the test")]
#![allow(
    clippy::multiple_unsafe_ops_per_block,
    reason = "many calls rely on the same valid pointers"
)]

#[path = "../common/mod.rs"]
mod common;

mod bytes;
mod calls;
mod creating;
mod from_descriptor;
mod from_file;
mod handles;
mod life;
mod names;
mod nothing;
mod options;
mod order;
mod statuses;
mod text;
mod trust;
mod views;

use calls::*;
