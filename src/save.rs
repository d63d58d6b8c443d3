//! Saving a map to a file: written beside the target, synced, renamed over it, so that a crash
//! leaves the old file or the new one.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::content::{TextOptions, extent};
use crate::error::{Error, Result, Status};
use crate::map::Map;
use crate::options::shown;
use crate::os::{self, LockMode};

/// What of a map is saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum SavePart {
    /// All bytes up to the capacity. What was never written becomes a hole in the file.
    #[default]
    Map = 0,
    /// The bytes up to the end of the content.
    Content = 1,
    /// The text, as UTF-8 without a byte order mark and without NULs.
    Text = 2,
}

/// How a map is saved. The defaults: the whole map, over an existing file that can be written.
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

    /// What is saved.
    #[must_use]
    pub fn part(mut self, part: SavePart) -> SaveOptions<'a> {
        self.part = part;
        self
    }

    /// What is written behind the text, a line end for example. For [`SavePart::Text`] only.
    #[must_use]
    pub fn ending(mut self, ending: &'a str) -> SaveOptions<'a> {
        self.ending = ending;
        self
    }

    /// Fail with [`Status::AlreadyExists`] if the file exists.
    #[must_use]
    pub fn keep_existing(mut self, keep: bool) -> SaveOptions<'a> {
        self.keep_existing = keep;
        self
    }

    /// Replace a file that is marked read-only, too.
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
    /// Saves the map or its content to a file. A link is followed; a file that exists keeps its
    /// permissions; what is no ordinary file (a terminal, a pipe) is written to directly.
    ///
    /// # Errors
    /// [`Status::InvalidArgument`] for the map's own file, [`Status::AlreadyExists`],
    /// [`Status::DirectoryNotFound`], [`Status::AccessDenied`], [`Status::NoSpace`],
    /// [`Status::Timeout`].
    pub fn save(&self, path: impl AsRef<Path>, options: &SaveOptions<'_>) -> Result<()> {
        let path = path.as_ref();
        if path.as_os_str().is_empty() {
            return Err(Error::new(
                Status::InvalidArgument,
                "The path is empty: give the path of the file to save to.",
            ));
        }
        self.check_right(crate::Rights::READ)?;
        let target = Target::look(path)?;
        self.check_target(path, &target, options)?;
        self.under_lock(LockMode::Shared, &options.text, || match &target {
            Target::Special => {
                let mut file = OpenOptions::new()
                    .write(true)
                    .open(path)
                    .map_err(|error| saving(path, &error))?;
                self.pour(&mut file, options, false).map_err(|error| error.during(path))
            }
            Target::File(target) | Target::Missing(target) => {
                let (mut file, beside) =
                    os::unique_file(target).map_err(|error| saving(path, &error))?;
                let done = self
                    .pour(&mut file, options, true)
                    .and_then(|()| file.sync_all().map_err(Fault::File))
                    .map_err(|error| error.during(path))
                    .and_then(|()| {
                        os::replace_file(file, &beside, target, options.keep_existing)
                            .map_err(|error| saving(path, &error))
                    });
                if done.is_err() {
                    // The first error is the one to tell.
                    let _ = fs::remove_file(&beside);
                }
                done
            }
        })
    }

    fn check_target(&self, path: &Path, target: &Target, options: &SaveOptions<'_>) -> Result<()> {
        let (Target::File(_) | Target::Special) = target else { return Ok(()) };
        if self.object.is_file(path) {
            return Err(Error::new(
                Status::InvalidArgument,
                format!(
                    "{} is the file that this map shows: save to another path, or flush the map.",
                    shown(path)
                ),
            ));
        }
        if options.keep_existing {
            return Err(Error::new(
                Status::AlreadyExists,
                format!(
                    "The file {} exists and is to be kept: choose another path, or allow it to be replaced.",
                    shown(path)
                ),
            ));
        }
        let Target::File(file) = target else { return Ok(()) };
        let read_only = fs::metadata(file).is_ok_and(|it| it.permissions().readonly());
        if options.force {
            return Ok(());
        }
        // Renaming would get around a protection that writing respects.
        let refused = OpenOptions::new().write(true).open(file).err();
        if read_only || refused.is_some() {
            return Err(Error::new(
                Status::AccessDenied,
                format!(
                    "The file {} cannot be written: change its permissions, or force the replacement.",
                    shown(path)
                ),
            ));
        }
        Ok(())
    }

    fn pour(
        &self,
        file: &mut File,
        options: &SaveOptions<'_>,
        holes: bool,
    ) -> std::result::Result<(), Fault> {
        if options.part == SavePart::Text {
            let text = self.unlocked_text(&options.text)?;
            os::check_file_size_limit((text.len() + options.ending.len()) as u64)?;
            file.write_all(text.as_bytes())?;
            file.write_all(options.ending.as_bytes())?;
            return Ok(());
        }
        let ranges = extent::ranges_from(&self.object, 0)?;
        let length = match options.part {
            SavePart::Content => extent::all(&self.object)?.end,
            _ => self.capacity(),
        };
        os::check_file_size_limit(length)?;
        if holes {
            file.set_len(length)?;
        }
        let mut at = 0;
        for mut range in ranges {
            range.end = range.end.min(length);
            if range.start >= range.end {
                break;
            }
            if holes {
                file.seek(SeekFrom::Start(range.start))?;
            } else {
                write_zeros(file, range.start - at)?;
            }
            at = range.end;
            let range = [range];
            let mut pieces = extent::Pieces::new(&self.object, &range);
            while let Some((_, piece)) = pieces.next()? {
                file.write_all(piece)?;
            }
        }
        if !holes {
            write_zeros(file, length - at)?;
        }
        Ok(())
    }
}

fn write_zeros(file: &mut File, count: u64) -> std::io::Result<()> {
    std::io::copy(&mut std::io::Read::take(std::io::repeat(0), count), file).map(drop)
}

/// What the path to save to leads to.
enum Target {
    /// An ordinary file, links followed.
    File(PathBuf),
    /// Nothing yet; links followed as far as they lead.
    Missing(PathBuf),
    /// A device, a pipe: not to be replaced by a file.
    Special,
}

impl Target {
    fn look(path: &Path) -> Result<Target> {
        match fs::metadata(path) {
            Ok(found) if found.is_file() => {
                fs::canonicalize(path).map(Target::File).map_err(|error| saving(path, &error))
            }
            Ok(found) if found.is_dir() => Err(Error::new(
                Status::AccessDenied,
                format!("{} is a folder: give the path of a file.", shown(path)),
            )),
            Ok(_) => Ok(Target::Special),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut target = path.to_owned();
                // A link to nothing yet: the file goes where it points. Forty is the system's limit.
                for _ in 0..40 {
                    let Ok(next) = fs::read_link(&target) else { break };
                    target = target.parent().unwrap_or(Path::new("")).join(next);
                }
                let folder = target.parent().filter(|it| !it.as_os_str().is_empty());
                if folder.is_some_and(|folder| !folder.is_dir()) {
                    return Err(Error::new(
                        Status::DirectoryNotFound,
                        format!(
                            "Could not save to {}: its folder does not exist. Create it first.",
                            shown(path)
                        ),
                    ));
                }
                Ok(Target::Missing(target))
            }
            Err(error) => Err(saving(path, &error)),
        }
    }
}

/// What went wrong while pouring: reading the map, or writing the file.
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
