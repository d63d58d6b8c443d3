//! Random operations, compared with a model of the content.

use super::*;

/// Changes and reads the content at random through three handles, and compares it with a vector.
#[test]
fn random_operations_on_content_match_a_model() {
    let _beside = common::beside_others();
    for seed in 0..40 {
        model(seed, 1 + seed * 300);
    }
}

fn model(seed: u64, capacity: u64) {
    let mut numbers = Numbers(seed);
    let name = unique("model");
    let first = Map::create_new(&name, capacity).unwrap();
    let maps = [Map::open(&name).unwrap(), Map::open(&name).unwrap(), first];
    let mut model = vec![0_u8; maps[0].capacity() as usize];
    let end = |model: &[u8]| model.iter().rposition(|byte| *byte != 0).map_or(0, |at| at + 1);
    let words = ["", "a", "word", "gr\u{fc}n", "\u{1f600}", "with\0nul", "long ".repeat(40).leak()];
    for round in 0..300 {
        let map = &maps[numbers.below(3) as usize];
        let word = words[numbers.below(words.len() as u64) as usize];
        let separator = ["\r\n", "", "--"][numbers.below(3) as usize];
        match numbers.below(6) {
            0 => {
                let fits = word.len() <= model.len();
                let done = map.replace_text(word);
                assert_eq!(done.is_ok(), fits, "seed {seed} round {round}");
                if fits {
                    model.fill(0);
                    model[..word.len()].copy_from_slice(word.as_bytes());
                }
            }
            1 if numbers.below(10) == 0 => {
                let at = numbers.below(model.len() as u64);
                let byte = [b'R', 0][numbers.below(2) as usize];
                map.write_at(&[byte], at).unwrap();
                model[at as usize] = byte;
            }
            1 | 2 => {
                let read = map.read_text().unwrap();
                let wanted: Vec<u8> = model.iter().copied().filter(|byte| *byte != 0).collect();
                assert_eq!(read, String::from_utf8_lossy(&wanted), "seed {seed} round {round}");
                let length = map.content_length().unwrap();
                assert_eq!(length as usize, end(&model), "seed {seed} round {round}");
                assert!(map.read_bytes().unwrap() == model[..end(&model)]);
            }
            _ => {
                let empty = end(&model) == 0;
                let bytes = if empty { word.to_owned() } else { format!("{separator}{word}") };
                let done = map.append_text_with(word, &text().separator(separator));
                let at = end(&model);
                let fits = at + bytes.len() <= model.len();
                assert_eq!(done.is_ok(), fits, "seed {seed} round {round}");
                if fits {
                    model[at..at + bytes.len()].copy_from_slice(bytes.as_bytes());
                }
            }
        }
        assert!(bytes_of(map) == model, "seed {seed} round {round}");
    }
}
