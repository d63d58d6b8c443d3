//! A program for MSVC's linker, without its C library, to test `mmf.lib`. It ends with 0 if it can read the version of
//! the library.
#![no_std]
#![no_main]

#[link(name = "mmf", kind = "dylib")]
unsafe extern "C" {
    fn mmf_version_get(major: *mut u32, minor: *mut u32, patch: *mut u32) -> i32;
}

#[unsafe(no_mangle)]
pub extern "C" fn start() -> u32 {
    let (mut major, mut minor, mut patch) = (0, 0, 0);
    // SAFETY: the three pointers are valid during the call.
    let status = unsafe { mmf_version_get(&mut major, &mut minor, &mut patch) };
    if status == 0 && major > 0 { 0 } else { 1 }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
