//! The C ABI, through the functions that C calls: whatever comes in, an answer comes out.
#![allow(unsafe_code, reason = "these are C's functions, and C's promises are kept here")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(clippy::multiple_unsafe_ops_per_block, reason = "many calls, one promise: the pointers")]

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
