//! A program by the rules of MSVC, without its C library: what `mmf.lib` is for. It ends with 0 if the
//! library tells its version.
#![no_std]
#![no_main]

#[link(name = "mmf", kind = "dylib")]
unsafe extern "C" {
    fn mmf_version_get(major: *mut u32, minor: *mut u32, patch: *mut u32) -> i32;
}

#[unsafe(no_mangle)]
pub extern "C" fn start() -> u32 {
    let (mut major, mut minor, mut patch) = (0, 0, 0);
    // SAFETY: the three numbers are there as long as the call.
    let status = unsafe { mmf_version_get(&mut major, &mut minor, &mut patch) };
    if status == 0 && major > 0 { 0 } else { 1 }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
