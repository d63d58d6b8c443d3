//! Commands that create, open, close and describe maps.
//!
//! The last words of `create`, `create_or_open` and `open` are options: `inheritable`, `read`, `for all` (every user
//! may read and write), `trust root`, `trust all`, `trust UID`.

use std::time::Duration;

use mmf::{Access, Map, MapOptions, Permissions, TrustedOwner};

use super::actor::{Maps, number};
use crate::common;

/// Executes a command. `None` if it belongs to another file.
pub(super) fn obey(maps: &mut Maps, words: &[&str]) -> mmf::Result<Option<String>> {
    match words {
        ["create", key, name, capacity, how @ ..] => {
            maps.insert((*key).into(), options(how).create_new(name, number(capacity))?);
        }
        ["create_many", name, capacity, count] => {
            for at in 0..number(count) {
                let name = format!("{name}-{at}");
                maps.insert(name.clone(), Map::create_new(&name, number(capacity))?);
            }
        }
        ["create_or_open", key, name, capacity, how @ ..] => {
            maps.insert((*key).into(), options(how).create_or_open(name, number(capacity))?);
        }
        ["open", key, name, how @ ..] => {
            maps.insert((*key).into(), options(how).open(name)?);
        }
        ["open_waiting", key, name, seconds] => {
            let wait = Duration::from_secs(number(seconds));
            maps.insert((*key).into(), MapOptions::new().wait(wait).open(name)?);
        }
        ["map_file", key, path, name] => {
            maps.insert((*key).into(), MapOptions::new().name(name).map_file(path)?);
        }
        ["map_path", key, path] => {
            maps.insert((*key).into(), Map::map_file(path)?);
        }
        // Maps the memory of another map.
        ["map_memory_of", key, other] => {
            let memory = maps[*other].duplicate_descriptor()?;
            maps.insert((*key).into(), MapOptions::new().map_descriptor(memory)?);
        }
        ["map_larger", key, path, capacity] => {
            let map = MapOptions::new().capacity(number(capacity)).map_file(path)?;
            maps.insert((*key).into(), map);
        }
        ["anonymous", key, capacity] => {
            maps.insert((*key).into(), MapOptions::new().create_anonymous(number(capacity))?);
        }
        ["create_for", key, name, uid] => {
            let owner = Permissions::new().uid(number(uid) as u32);
            maps.insert(
                (*key).into(),
                MapOptions::new().permissions(owner).create_new(name, 4_096)?,
            );
        }
        ["create_file", key, path, name, capacity] => {
            let options = MapOptions::new().file_mode(mmf::FileMode::Create).name(name);
            maps.insert((*key).into(), options.capacity(number(capacity)).map_file(path)?);
        }
        // The file may exist. An empty word stands for no name.
        ["map_new_file", key, path, name, capacity] => {
            let (mode, name) =
                (mmf::FileMode::OpenOrCreate, Some(*name).filter(|it| !it.is_empty()));
            maps.insert(
                (*key).into(),
                common::named(MapOptions::new().file_mode(mode), name)
                    .capacity(number(capacity))
                    .map_file(path)?,
            );
        }
        ["close", key] => drop(maps.remove(*key)),
        ["capacity", key] => return Ok(Some(maps[*key].capacity().to_string())),
        ["foreign", key] => return Ok(Some(maps[*key].is_foreign().to_string())),
        ["orphaned", key] => return maps[*key].is_orphaned().map(|it| Some(it.to_string())),
        ["descriptor", key] => {
            #[cfg(unix)]
            return Ok(Some(common::number(&maps[*key]).to_string()));
            #[cfg(windows)]
            return Ok(Some(common::number(&maps[*key]).addr().to_string()));
        }
        ["list"] => {
            let names: Vec<String> = mmf::list()?.into_iter().map(|map| map.name).collect();
            return Ok(Some(names.join("|")));
        }
        ["listed", name] => {
            let found = mmf::list()?.into_iter().find(|map| map.name == *name);
            return Ok(Some(found.map_or("not".to_owned(), |map| {
                format!("owner {:?} trusted {} path {:?}", map.owner, map.trusted, map.path)
            })));
        }
        _ => return Ok(None),
    }
    Ok(Some(String::new()))
}

fn options(words: &[&str]) -> MapOptions {
    words.iter().fold(MapOptions::new(), |options, word| match *word {
        "inheritable" => options.inheritable(true),
        "read" => options.access(Access::Read),
        "for all" => options.permissions(Permissions::new().mode(0o666)),
        "trust root" => options,
        "trust all" => options.trusted_owner(TrustedOwner::Anyone),
        word => match word.strip_prefix("trust ").map(str::parse) {
            Some(Ok(uid)) => options.trusted_owner(TrustedOwner::User(uid)),
            _ => panic!("unknown option {word:?}"),
        },
    })
}
