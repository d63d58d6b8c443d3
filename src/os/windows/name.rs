//! Names as the kernel's object directory holds them.

use sha2::{Digest, Sha256};
use windows_sys::Win32::System::RemoteDesktop::ProcessIdToSessionId;

use super::wide::wide;
use crate::name::Name;
use crate::quoted::quoted;

/// What a section is called.
#[derive(Clone, Debug)]
pub(super) struct SectionName {
    /// With its prefix, and a NUL at the end.
    pub(super) wide: Vec<u16>,
    /// The name for messages.
    pub(super) shown: String,
    /// Behind the prefix.
    object: String,
    pub(super) global: bool,
}

/// Object names that do not stand for themselves begin with one of these. No plain name does, so
/// no section of ours is ever called like a lock.
const ESCAPED: &str = "mmf%";
const HASHED: &str = "mmf#";
const LOCK: &str = "mmf!";
/// Sections of our own, beside the maps that they belong to.
const WORD: &str = "mmf!end-";
const WATCH: &str = "mmf!watch-";
/// The events of a watch word.
const EVENT: &str = "mmf!event-";

/// The kernel counts the bytes of a name in 16 bits, prefix and folder included.
const LONGEST: usize = 32_000;

const GLOBAL: &str = "Global\\";
const LOCAL: &str = "Local\\";

impl SectionName {
    pub(super) fn of(name: &Name) -> SectionName {
        let text = name.as_str();
        let prefix = [GLOBAL, LOCAL].into_iter().find(|prefix| text.starts_with(prefix));
        let object = object(name.local());
        SectionName {
            wide: wide(format!("{}{object}", prefix.unwrap_or(""))),
            shown: name.quoted(),
            object,
            global: prefix == Some(GLOBAL),
        }
    }

    /// The name of a section that was found in the kernel's folder.
    pub(super) fn of_object(object: &str, global: bool) -> SectionName {
        let prefix = if global { GLOBAL } else { "" };
        SectionName {
            wide: wide(format!("{prefix}{object}")),
            shown: quoted(object),
            object: object.to_owned(),
            global,
        }
    }

    /// The name of the section beside it in which the end of the content is recorded.
    pub(super) fn word(&self) -> SectionName {
        SectionName::of_object(&format!("{WORD}{}", digest(&self.object)), self.global)
    }

    /// The name of the section of its watch word.
    pub(super) fn watch(&self) -> SectionName {
        SectionName::of_object(&format!("{WATCH}{}", digest(&self.object)), self.global)
    }

    /// The name of the section of a file's watch word: one in each session, because only some users
    /// may create sections for all sessions.
    pub(super) fn watch_of_file(volume: u64, file: u128) -> SectionName {
        SectionName::of_object(&format!("{WATCH}file-{volume:x}-{file:x}"), false)
    }

    /// The name of the event for the end of a generation.
    pub(super) fn event(nonce: u64, generation: u64, global: bool) -> SectionName {
        SectionName::of_object(&format!("{EVENT}{nonce:x}-{generation:x}"), global)
    }

    /// The name of a section from its path in the kernel's folders. `None` if it is not in a folder
    /// in which this process looks up names.
    pub(super) fn at(path: &str) -> Option<SectionName> {
        let (folder, object) = path.rsplit_once('\\')?;
        let own = session().map(|session| format!("\\Sessions\\{session}\\BaseNamedObjects"));
        if own.as_deref() == Some(folder) {
            return Some(SectionName::of_object(object, false));
        }
        (folder == "\\BaseNamedObjects").then(|| SectionName::of_object(object, true))
    }

    /// The name of the mutex that guards the content. All of them live in the global folder, where
    /// sections of several sessions may be called the same; so the session belongs to the name.
    pub(super) fn lock(&self) -> String {
        let scope = match session() {
            // The folder of session 0 is the global one.
            Some(session) if session != 0 && !self.global => format!("session{session}"),
            _ => "global".to_owned(),
        };
        format!("{LOCK}{scope}-{}", digest(&self.object))
    }
}

/// The name of the mutex of a file, which has no map name.
pub(super) fn lock_of_file(volume: u64, file: u128) -> String {
    format!("{LOCK}file-{volume:x}-{file:x}")
}

/// The session of this process: what keeps `Local\` names of several users apart.
pub(super) fn session() -> Option<u32> {
    let mut session = 0;
    // SAFETY: the number is written to a variable of ours.
    let found = unsafe { ProcessIdToSessionId(std::process::id(), &raw mut session) };
    (found != 0).then_some(session)
}

/// The object's name after the prefix: the name itself, unless the kernel cannot store it.
fn object(name: &str) -> String {
    let reserved = [ESCAPED, HASHED, LOCK].into_iter().any(|prefix| name.starts_with(prefix));
    // Escaping makes no name shorter.
    if name.encode_utf16().count() <= LONGEST {
        if !reserved && !name.contains('\\') {
            return name.to_owned();
        }
        let escaped = format!("{ESCAPED}{}", name.replace('%', "%25").replace('\\', "%5C"));
        if escaped.encode_utf16().count() <= LONGEST {
            return escaped;
        }
    }
    format!("{HASHED}{}", digest(name))
}

/// Whether an object is one that this library keeps beside a map.
pub(super) fn is_word(object: &str) -> bool {
    [WORD, WATCH].into_iter().any(|prefix| object.starts_with(prefix))
}

/// The name that an object's name stands for. Hashed ones cannot be undone and stay as they are.
pub(super) fn of_object(object: &str) -> String {
    match object.strip_prefix(ESCAPED) {
        Some(escaped) => escaped.replace("%5C", "\\").replace("%25", "%"),
        None => object.to_owned(),
    }
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_processes_share_is_what_is_promised() {
        let object = |text: &str| named(text).object;
        let global = named("Global\\Test");
        crate::shared::assert_promised(
            "Windows",
            &[
                ("section of the name `Test`", object("Test")),
                ("section of the name `a\\b%`", object("a\\b%")),
                ("section of the name of 32001 times `a`", object(&"a".repeat(32_001))),
                ("mutex of the content lock of `Global\\Test`", global.lock()),
                ("mutex of the content lock of file 2 on volume 1", lock_of_file(1, 2)),
                ("section of the end word of `Global\\Test`", global.word().object),
                ("section of the watch word of `Global\\Test`", global.watch().object),
                (
                    "section of the watch word of file 2 on volume 1",
                    SectionName::watch_of_file(1, 2).object,
                ),
                (
                    "event of generation 3 with the nonce 0xABC",
                    SectionName::event(0xABC, 3, false).object,
                ),
            ],
        );
    }

    fn named(text: &str) -> SectionName {
        SectionName::of(&Name::new(text).expect("a valid name"))
    }

    fn text(name: &SectionName) -> String {
        String::from_utf16_lossy(&name.wide[..name.wide.len() - 1])
    }

    #[test]
    fn plain_names_and_prefixes_are_the_kernels_own() {
        for name in [" ", "\t", "a/b", "local/x", "Local\\Test", "Global\\Test", "😀", "50%"] {
            assert_eq!(text(&named(name)), name);
        }
        assert_eq!(text(&named(&"a".repeat(1000))), "a".repeat(1000));
    }

    #[test]
    fn what_the_kernel_cannot_hold_is_escaped_or_hashed_and_stays_distinct() {
        assert_eq!(text(&named("a\\b")), "mmf%a%5Cb");
        assert_eq!(text(&named("Global\\a\\b")), "Global\\mmf%a%5Cb");
        assert_eq!(text(&named("mmf%a%5Cb")), "mmf%mmf%25a%255Cb");
        for name in ["a\\b", "mmf%a%5Cb", "a%5C\\", "mmf%%x", "mmf#x"] {
            assert_eq!(of_object(&named(name).object), name);
        }
        let long = named(&"a".repeat(40_000));
        assert_eq!(long.object.len(), HASHED.len() + 64);
        assert_ne!(long.object, named(&"a".repeat(40_001)).object);
    }

    #[test]
    fn a_path_in_the_kernels_folders_has_the_lock_of_its_name() {
        let found = SectionName::at("\\BaseNamedObjects\\Test").expect("a name");
        assert_eq!(found.lock(), named("Global\\Test").lock());
        let session = session().expect("a session");
        let own = format!("\\Sessions\\{session}\\BaseNamedObjects\\Test");
        assert_eq!(SectionName::at(&own).expect("a name").lock(), named("Test").lock());
        for other in ["Test", "\\Test", "\\Sessions\\4711\\BaseNamedObjects\\Test"] {
            assert!(SectionName::at(other).is_none(), "{other}");
        }
    }

    #[test]
    fn no_section_is_called_like_a_lock() {
        let lock = named("Test").lock();
        assert!(lock.starts_with(LOCK) && !lock.contains('\\'), "{lock}");
        for name in [lock.as_str(), "mmf!", "!\\", "mmf!\\"] {
            assert!(!named(name).object.starts_with(LOCK), "{name}");
            assert_eq!(of_object(&named(name).object), name);
        }
    }

    #[test]
    fn a_lock_is_that_of_its_name_and_scope() {
        assert_eq!(named("Test").lock(), named("Local\\Test").lock());
        assert_ne!(named("Test").lock(), named("test").lock());
        let apart = session().is_some_and(|session| session != 0);
        assert_eq!(named("Test").lock() != named("Global\\Test").lock(), apart);
    }
}
