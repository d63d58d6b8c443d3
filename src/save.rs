//! Saving a map to a file: written to a temporary file beside the target, synced and renamed, so
//! that a crash leaves the old file or the new one.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::access::Rights;
use crate::content::{TextOptions, extent};
use crate::error::{Error, ErrorKind, Result};
use crate::lock_mode::LockMode;
use crate::map::Map;
use crate::os::{self, Draft};
use crate::quoted::shown;

/// The part of a map that is saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(i32)]
pub enum SavePart {
    /// All bytes up to the capacity. Bytes that were never written become a hole in the file.
    #[default]
    Map = 0,
    /// The bytes up to the end of the content.
    Content = 1,
    /// The text, as UTF-8 without a byte order mark and without NULs.
    Text = 2,
}

/// Options for saving a map. The defaults: save the whole map, and replace an existing file that
/// can be written.
#[derive(Clone, Debug, Default)]
pub struct SaveOptions<'a> {
    part: SavePart,
    ending: &'a str,
    keep_existing: bool,
    force: bool,
    text: TextOptions<'a>,
}

impl<'a> SaveOptions<'a> {
    /// The defaults.
    pub fn new() -> SaveOptions<'a> {
        SaveOptions::default()
    }

    /// The part that is saved.
    #[must_use]
    pub fn part(mut self, part: SavePart) -> SaveOptions<'a> {
        self.part = part;
        self
    }

    /// Text that is written after the content, for example a line end. Only for [`SavePart::Text`].
    #[must_use]
    pub fn ending(mut self, ending: &'a str) -> SaveOptions<'a> {
        self.ending = ending;
        self
    }

    /// Fail with [`ErrorKind::AlreadyExists`] if the file exists.
    #[must_use]
    pub fn keep_existing(mut self, keep: bool) -> SaveOptions<'a> {
        self.keep_existing = keep;
        self
    }

    /// Replace a read-only file, too.
    #[must_use]
    pub fn force(mut self, force: bool) -> SaveOptions<'a> {
        self.force = force;
        self
    }

    /// Encoding, timeout and lock for reading the content.
    #[must_use]
    pub fn text(mut self, text: TextOptions<'a>) -> SaveOptions<'a> {
        self.text = text;
        self
    }
}

impl Map {
    /// Saves the whole map to a file, and replaces an existing file. See [`Map::save_with`].
    ///
    /// # Errors
    /// As [`Map::save_with`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        self.save_with(path, &SaveOptions::new())
    }

    /// Saves the map or its content to a file. Writes a temporary file, waits until it is on the
    /// disk, and puts it in the target's place in one step. A link is followed. An existing file
    /// keeps its permission bits, and its owner if the system allows that.
    ///
    /// The content lock is held while the map is copied, but not during the wait for the disk.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidArgument`] for the map's own file, [`ErrorKind::NotAFile`] for a FIFO, a
    /// device or a socket, [`ErrorKind::AccessDenied`], also for the memory of an existing map,
    /// [`ErrorKind::SharingViolation`] for a file that another program has opened exclusively,
    /// [`ErrorKind::AlreadyExists`], [`ErrorKind::DirectoryNotFound`], [`ErrorKind::NoSpace`],
    /// [`ErrorKind::Timeout`]. A save that fails leaves the file unchanged.
    pub fn save_with(&self, path: impl AsRef<Path>, options: &SaveOptions<'_>) -> Result<()> {
        let path = path.as_ref();
        if path.as_os_str().is_empty() {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "The path is empty: give the path of the file to save to.",
            ));
        }
        self.check_right(Rights::READ)?;
        let target = Target::look(path)?;
        self.check_target(path, &target, options)?;
        let failed = |error: std::io::Error| saving(path, &error);
        let mut draft = Draft::create(&target.path).map_err(failed)?;
        let rest = self.under_lock(LockMode::Shared, &options.text, || {
            self.copy(draft.file(), options).map_err(|error| error.during(path))
        })?;
        for (offset, bytes) in rest {
            write_at(draft.file(), offset, &bytes).map_err(failed)?;
        }
        draft.publish(options.keep_existing).map_err(failed)
    }

    fn check_target(&self, path: &Path, target: &Target, options: &SaveOptions<'_>) -> Result<()> {
        if !target.exists {
            return Ok(());
        }
        if self.object.is_file(path) {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "{} is the file that this map shows: save to another path, or flush the map.",
                    shown(path)
                ),
            ));
        }
        if options.keep_existing {
            return Err(Error::new(
                ErrorKind::AlreadyExists,
                format!(
                    "The file {} exists and is to be kept: choose another path, or allow it to be replaced.",
                    shown(path)
                ),
            ));
        }
        if os::is_living_object(&target.path)? {
            return Err(Error::new(
                ErrorKind::AccessDenied,
                format!(
                    "{} is the memory of a map that is in use, which would lose its name: save to another path, or open that map and write to it.",
                    shown(path)
                ),
            ));
        }
        let read_only = fs::metadata(&target.path).is_ok_and(|it| it.permissions().readonly());
        let refused = os::check_replaceable(&target.path, options.force).err();
        match refused.as_ref().map(Error::kind) {
            None if options.force || !read_only => Ok(()),
            // Another process has just removed it.
            Some(ErrorKind::NotFound) => Ok(()),
            None | Some(ErrorKind::AccessDenied) => Err(Error::new(
                ErrorKind::AccessDenied,
                format!(
                    "The file {} cannot be written: change its permissions, or force the replacement.",
                    shown(path)
                ),
            )),
            // Opened exclusively by another program, or this process has no descriptor left to
            // check.
            Some(_) => refused.map_or(Ok(()), Err),
        }
    }

    /// Copies the data under the lock. A small amount is returned, with its offsets, to be written
    /// after the lock is released. The rest is written to the file, which the system first keeps in
    /// memory.
    fn copy<'a>(
        &self,
        file: &mut File,
        options: &SaveOptions<'a>,
    ) -> std::result::Result<Rest<'a>, Fault> {
        if options.part == SavePart::Text {
            let text = self.unlocked_text(&options.text)?.into_bytes();
            let (end, ending) = (text.len() as u64, options.ending.as_bytes());
            os::check_file_size_limit(end + ending.len() as u64)?;
            return Ok(vec![(0, text.into()), (end, ending.into())]);
        }
        let length = match options.part {
            SavePart::Content => extent::all(&self.object)?.end,
            _ => self.capacity(),
        };
        os::check_file_size_limit(length)?;
        // Bytes that were never written become a hole.
        file.set_len(length)?;
        let mut ranges = extent::ranges(&self.object)?;
        ranges.iter_mut().for_each(|range| range.end = range.end.min(length));
        ranges.retain(|range| range.start < range.end);
        let total: u64 = ranges.iter().map(|range| range.end - range.start).sum();
        let mut rest = Vec::new();
        let mut pieces = extent::Pieces::new(&self.object, &ranges);
        while let Some((offset, piece)) = pieces.next()? {
            let mut copy = Vec::new();
            if total <= LITTLE && copy.try_reserve_exact(piece.len()).is_ok() {
                copy.extend_from_slice(piece);
                rest.push((offset, copy.into()));
            } else {
                write_at(file, offset, piece)?;
            }
        }
        Ok(rest)
    }
}

/// Data that was copied and must still be written, with its offsets.
type Rest<'a> = Vec<(u64, Cow<'a, [u8]>)>;

/// The most that is copied into memory under the content lock and written after it is released.
const LITTLE: u64 = 16 << 20;

fn write_at(file: &mut File, offset: u64, bytes: &[u8]) -> std::io::Result<()> {
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)
}

/// The target of a save after all links are followed: a file, or a path where nothing exists yet.
struct Target {
    path: PathBuf,
    exists: bool,
}

impl Target {
    /// Nothing is opened to find out: opening a FIFO waits for its other end, and opening a device
    /// can have effects.
    fn look(path: &Path) -> Result<Target> {
        match fs::metadata(path) {
            Ok(found) if found.is_file() => match fs::canonicalize(path) {
                Ok(path) => Ok(Target { path, exists: true }),
                Err(error) => Err(saving(path, &error)),
            },
            Ok(found) if found.is_dir() => Err(Error::new(
                ErrorKind::AccessDenied,
                format!("{} is a folder: give the path of a file.", shown(path)),
            )),
            Ok(_) => Err(Error::new(
                ErrorKind::NotAFile,
                format!(
                    "{} is not a regular file but a FIFO, a device or a socket, which a saved file cannot replace: give the path of a file, or read the content and write it there.",
                    shown(path)
                ),
            )),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut target = path.to_owned();
                // A link whose target does not exist: the file is created there. Forty is the
                // system's limit.
                for _ in 0..40 {
                    let Ok(next) = fs::read_link(&target) else { break };
                    target = target.parent().unwrap_or(Path::new("")).join(next);
                }
                let folder = target.parent().filter(|it| !it.as_os_str().is_empty());
                if folder.is_some_and(|folder| !folder.is_dir()) {
                    return Err(Error::new(
                        ErrorKind::DirectoryNotFound,
                        format!(
                            "Could not save to {}: its folder does not exist. Create it first.",
                            shown(path)
                        ),
                    ));
                }
                Ok(Target { path: target, exists: false })
            }
            Err(error) => Err(saving(path, &error)),
        }
    }
}

/// An error while copying: from reading the map, or from writing the file.
enum Fault {
    Map(Error),
    File(std::io::Error),
}

impl Fault {
    fn during(self, path: &Path) -> Error {
        match self {
            Fault::Map(error) => error,
            Fault::File(error) => saving(path, &error),
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Map(error)
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Fault {
        Fault::File(error)
    }
}

fn saving(path: &Path, error: &std::io::Error) -> Error {
    Error::from_io(format!("save to {}", shown(path)), error)
}
