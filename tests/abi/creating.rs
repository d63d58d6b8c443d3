//! Creating and opening with bad arguments: each gets the kind of error that .NET has for it.

mod create_new {
    use mmf::ErrorKind;
    use mmf::ffi::*;
    use mmf_access_t::{
        MMF_ACCESS_COPY_ON_WRITE, MMF_ACCESS_READ, MMF_ACCESS_READ_EXECUTE, MMF_ACCESS_READ_WRITE,
        MMF_ACCESS_READ_WRITE_EXECUTE, MMF_ACCESS_WRITE,
    };

    use crate::common::unique;
    use crate::{
        INVALID_ACCESSES, anonymous, close, create_new, defaults, fails_with, info, with_access,
        works,
    };

    #[test]
    fn map_name_null_is_an_anonymous_map() {
        let map = anonymous(1);
        assert_eq!(info(map).kind, mmf_kind_t::MMF_KIND_ANONYMOUS as i32);
        close(map);
    }

    #[test]
    fn map_name_empty() {
        let message = fails_with(ErrorKind::InvalidArgument, create_new("", 1, &defaults()));
        assert!(message.contains("empty"), "{message}");
    }

    #[test]
    fn capacity_zero_or_negative() {
        for capacity in [0, -1, i64::MIN] {
            let message = fails_with(
                ErrorKind::OutOfRange,
                create_new(&unique("create_new"), capacity, &defaults()),
            );
            assert!(message.contains("capacity"), "{message}");
        }
    }

    #[test]
    #[cfg(target_pointer_width = "32")]
    fn capacity_above_32_bits() {
        let capacity = i64::from(u32::MAX) + 1;
        fails_with(ErrorKind::OutOfRange, create_new(&unique("create_new"), capacity, &defaults()));
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn capacity_beyond_the_address_space() {
        for capacity in [i64::MAX, mmf::backend::MAX_CAPACITY as i64 + 1] {
            fails_with(
                ErrorKind::TooLarge,
                create_new(&unique("create_new"), capacity, &defaults()),
            );
        }
    }

    #[test]
    fn access_not_in_the_enumeration() {
        for access in INVALID_ACCESSES {
            let options = mmf_map_options_t { access, ..defaults() };
            fails_with(ErrorKind::OutOfRange, create_new(&unique("create_new"), 1, &options));
        }
    }

    #[test]
    fn access_write() {
        let options = with_access(MMF_ACCESS_WRITE);
        fails_with(ErrorKind::InvalidArgument, create_new(&unique("create_new"), 1, &options));
    }

    #[test]
    fn options_not_in_the_enumeration() {
        for allocation in [-1, 1, 0x400_0001, i32::MAX] {
            let options = mmf_map_options_t { allocation, ..defaults() };
            fails_with(ErrorKind::OutOfRange, create_new(&unique("create_new"), 1, &options));
        }
    }

    #[test]
    fn inheritability_not_in_the_enumeration() {
        for inheritability in [-1, 2, i32::MAX] {
            let options = mmf_map_options_t { inheritability, ..defaults() };
            fails_with(ErrorKind::OutOfRange, create_new(&unique("create_new"), 1, &options));
        }
    }

    #[test]
    fn name_exists() {
        let name = unique("create_new");
        let map = works(create_new(&name, 1, &defaults()));
        let message = fails_with(ErrorKind::AlreadyExists, create_new(&name, 1, &defaults()));
        assert!(message.contains(&name), "{message}");
        close(map);
        close(works(create_new(&name, 1, &defaults())));
    }

    #[test]
    fn every_access_that_creates() {
        for access in [
            MMF_ACCESS_READ_WRITE,
            MMF_ACCESS_READ,
            MMF_ACCESS_COPY_ON_WRITE,
            MMF_ACCESS_READ_EXECUTE,
            MMF_ACCESS_READ_WRITE_EXECUTE,
        ] {
            for (inheritability, allocation) in [(0, 0), (1, 0x400_0000)] {
                let options =
                    mmf_map_options_t { inheritability, allocation, ..with_access(access) };
                let map = works(create_new(&unique("create_new"), 10_000, &options));
                let found = info(map);
                assert_eq!(found.access, access as i32);
                assert_eq!(found.inheritable, inheritability);
                assert_eq!(found.kind, mmf_kind_t::MMF_KIND_NAMED as i32);
                assert_eq!((found.foreign, found.orphaned), (0, 0));
                assert!(found.capacity >= 10_000);
                close(map);
            }
        }
    }
}

mod create_or_open {
    use std::ptr::null;

    use mmf::ErrorKind;
    use mmf::ffi::*;
    use mmf_access_t::{MMF_ACCESS_READ, MMF_ACCESS_READ_WRITE, MMF_ACCESS_WRITE};

    use crate::common::unique;
    use crate::{
        close, close_view, create_new, create_or_open, defaults, fails_with, info, view,
        with_access, works,
    };

    #[test]
    fn map_name_null_or_empty() {
        // SAFETY: NULL is allowed.
        let message = fails_with(ErrorKind::NullArgument, |out, error| unsafe {
            mmf_map_create_or_open(null(), 0, 1, null(), out, error)
        });
        assert!(message.contains("name"), "{message}");
        fails_with(ErrorKind::InvalidArgument, create_or_open("", 1, &defaults()));
    }

    #[test]
    fn capacity_zero_or_negative_even_if_it_would_only_open() {
        let name = unique("create_or_open");
        let map = works(create_new(&name, 1, &defaults()));
        for capacity in [0, -1, i64::MIN] {
            fails_with(ErrorKind::OutOfRange, create_or_open(&name, capacity, &defaults()));
        }
        close(map);
    }

    #[test]
    fn access_write_opens_but_does_not_create() {
        let name = unique("create_or_open");
        let options = with_access(MMF_ACCESS_WRITE);
        fails_with(ErrorKind::InvalidArgument, create_or_open(&name, 1, &options));
        let map = works(create_new(&name, 1, &defaults()));
        let other = works(create_or_open(&name, 1, &options));
        assert_eq!(info(other).access, MMF_ACCESS_WRITE as i32);
        close(other);
        close(map);
    }

    #[test]
    fn an_existing_map_keeps_its_capacity() {
        let name = unique("create_or_open");
        let map = works(create_new(&name, 5000, &defaults()));
        for capacity in [1, 1 << 31] {
            let options = mmf_map_options_t { allocation: 0x400_0000, ..defaults() };
            let other = works(create_or_open(&name, capacity, &options));
            assert_eq!(info(other).capacity, info(map).capacity);
            close(other);
        }
        close(map);
    }

    #[test]
    fn original_read_requested_read_write() {
        let name = unique("create_or_open");
        let map = works(create_new(&name, 64, &with_access(MMF_ACCESS_READ)));
        let other = works(create_or_open(&name, 64, &defaults()));
        // An IOException, not an UnauthorizedAccessException, because no handle can write this map.
        fails_with(ErrorKind::ReadOnlyMap, view(other, 0, 0, MMF_ACCESS_READ_WRITE));
        close_view(works(view(other, 0, 0, MMF_ACCESS_READ)));
        close(other);
        close(map);
    }

    #[test]
    fn original_read_write_opened_read() {
        let name = unique("create_or_open");
        let map = works(create_new(&name, 64, &defaults()));
        let other = works(create_or_open(&name, 64, &with_access(MMF_ACCESS_READ)));
        fails_with(ErrorKind::AccessDenied, view(other, 0, 0, MMF_ACCESS_READ_WRITE));
        close(other);
        close(map);
    }
}

mod open {
    use std::ptr::null;

    use mmf::ErrorKind;
    use mmf::ffi::*;

    use crate::common::unique;
    use crate::{INVALID_ACCESSES, close, create_new, defaults, fails_with, open, works};

    #[test]
    fn map_name_null_or_empty() {
        // SAFETY: NULL is allowed.
        fails_with(ErrorKind::NullArgument, |out, error| unsafe {
            mmf_map_open(null(), usize::MAX, null(), out, error)
        });
        fails_with(ErrorKind::InvalidArgument, open("", &defaults()));
    }

    #[test]
    fn rights_outside_of_full_control_and_system_security() {
        for rights in [0x10, 0x10_0000, i32::MIN, -1] {
            let options = mmf_map_options_t { rights, ..defaults() };
            fails_with(ErrorKind::OutOfRange, open(&unique("open"), &options));
        }
    }

    #[test]
    fn access_or_inheritability_not_in_the_enumeration() {
        for access in INVALID_ACCESSES {
            let options = mmf_map_options_t { access, ..defaults() };
            fails_with(ErrorKind::OutOfRange, open(&unique("open"), &options));
        }
        for inheritability in [-1, 2] {
            let options = mmf_map_options_t { inheritability, ..defaults() };
            fails_with(ErrorKind::OutOfRange, open(&unique("open"), &options));
        }
    }

    #[test]
    fn missing() {
        let message = fails_with(ErrorKind::NotFound, open(&unique("open"), &defaults()));
        assert!(message.contains("No process holds"), "{message}");
        // Also with a wait that times out.
        let options = mmf_map_options_t { wait_ms: 1, ..defaults() };
        fails_with(ErrorKind::NotFound, open(&unique("open"), &options));
        let options = mmf_map_options_t { wait_ms: -2, ..defaults() };
        fails_with(ErrorKind::OutOfRange, open(&unique("open"), &options));
    }

    #[test]
    fn every_right_opens() {
        let name = unique("open");
        let map = works(create_new(&name, 64, &defaults()));
        for rights in [1, 2, 4, 6, 8, 0xC, 0xE, 0x2_0004, 0xF_000F] {
            let options = mmf_map_options_t { rights, ..defaults() };
            let other = works(open(&name, &options));
            close(other);
        }
        close(map);
    }

    #[test]
    fn a_wait_ends_when_the_map_is_created() {
        let name = unique("open");
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                let options = mmf_map_options_t { wait_ms: -1, ..defaults() };
                works(open(&name, &options))
            });
            let map = works(create_new(&name, 64, &defaults()));
            close(waiter.join().unwrap());
            close(map);
        });
    }
}
