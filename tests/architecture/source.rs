//! Rust text without what is no code.

/// `text` with comments and the contents of literals blanked; lines keep their numbers.
pub fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = match (chars[at], chars.get(at + 1)) {
            ('/', Some('/')) => find(&chars, at, |rest| rest[0] == '\n'),
            ('/', Some('*')) => block_comment(&chars, at),
            ('"', _) => string(&chars, at),
            ('r', Some('"' | '#')) if at == 0 || !is_word(chars[at - 1]) => raw_string(&chars, at),
            ('\'', _) => character(&chars, at),
            _ => at,
        };
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Where `word` stands alone in a line of code.
pub fn words<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    line.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn find(chars: &[char], from: usize, is_end: impl Fn(&[char]) -> bool) -> usize {
    (from..chars.len()).find(|&at| is_end(&chars[at..])).unwrap_or(chars.len())
}

fn block_comment(chars: &[char], from: usize) -> usize {
    let (mut at, mut depth) = (from, 0);
    while at < chars.len() {
        match &chars[at..] {
            ['/', '*', ..] => (at, depth) = (at + 2, depth + 1),
            ['*', '/', ..] => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string(chars: &[char], from: usize) -> usize {
    let mut at = from + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

fn raw_string(chars: &[char], from: usize) -> usize {
    let hashes = chars[from + 1..].iter().take_while(|&&c| c == '#').count();
    let start = from + 1 + hashes;
    if chars.get(start) != Some(&'"') {
        return from; // a raw identifier
    }
    let closes = |rest: &[char]| rest[0] == '"' && rest.len() > hashes && rest[1..=hashes].iter().all(|&c| c == '#');
    (find(chars, start + 1, closes) + 1 + hashes).min(chars.len())
}

/// The end of a character literal, or `from` for a lifetime.
fn character(chars: &[char], from: usize) -> usize {
    match &chars[from..] {
        ['\'', '\\', _, rest @ ..] => from + 4 + rest.iter().position(|&c| c == '\'').unwrap_or(0),
        ['\'', _, '\'', ..] => from + 3,
        _ => from,
    }
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = "a // unsafe\nb /* x /* unsafe */ y */ c \"un\\\"safe\" 'u' '\\'' r#\"unsafe\"# d: &'a str r#type";
    let code = code(text);
    assert!(!code.contains("unsafe"), "{code}");
    for word in ["a", "b", "c", "d", "str", "type"] {
        assert_eq!(words(&code, word).count(), if word == "a" { 2 } else { 1 }, "{word}: {code}");
    }
    assert_eq!(code.lines().count(), text.lines().count());
}
