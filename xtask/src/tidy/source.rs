/// A Rust source with its code, comments and tests told apart.
///
/// `code` and `comments` have the length of the text: what does not belong is blanked, so that offsets agree.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) code: String,
    pub(super) comments: String,
    test_ranges: Vec<(usize, usize)>,
    all_test: bool,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let (code, comments) = Lexer::split(text);
        let test_ranges = test_ranges(&code);
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            all_test: is_test_path(path),
            code,
            comments,
            test_ranges,
        }
    }

    /// Returns the folder of the package: `crates/NAME`, `xtask`, or nothing at the top.
    pub(super) fn package(&self) -> &str {
        let parts = match self.path.strip_prefix("crates/") {
            Some(rest) => "crates/".len() + rest.find('/').unwrap_or(rest.len()),
            None => self.path.find('/').unwrap_or(0),
        };
        self.path.get(..parts).unwrap_or_default()
    }

    /// Says whether the byte of the text belongs to a test.
    pub(super) fn is_test(&self, offset: usize) -> bool {
        self.all_test
            || self
                .test_ranges
                .iter()
                .any(|(from, to)| (*from..*to).contains(&offset))
    }

    pub(super) fn make_test(&mut self) {
        self.all_test = true;
    }

    /// Lists the paths of the modules that this file declares for tests only.
    pub(super) fn test_modules(&self) -> Vec<String> {
        let Some(stem) = self.path.strip_suffix(".rs") else {
            return Vec::new();
        };
        let folder = match stem.rsplit_once('/') {
            Some((folder, "lib" | "main")) => folder,
            _ => stem,
        };
        find_all(&self.code, "#[cfg(test)]")
            .filter_map(|at| {
                let rest = self.code.get(at..)?.split_once(']')?.1;
                let (item, _) = rest.split_once(';')?;
                let name = item.trim().strip_prefix("mod ")?;
                let word = name.chars().all(|c| c.is_alphanumeric() || c == '_');
                word.then(|| format!("{folder}/{name}.rs"))
            })
            .collect()
    }

    /// Returns the number of the line, from 1, that holds the byte.
    pub(super) fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        before.filter(|byte| **byte == b'\n').count() + 1
    }

    /// Counts the lines that are not part of a test.
    pub(super) fn own_lines(&self) -> usize {
        let mut offset = 0;
        let mut count = 0;
        for line in self.text.split_inclusive('\n') {
            if !self.is_test(offset) {
                count += 1;
            }
            offset += line.len();
        }
        count
    }

    /// Lists where a word or phrase stands in the code, outside comments and texts.
    pub(super) fn code_hits<'a>(&'a self, phrase: &'a str) -> impl Iterator<Item = usize> + 'a {
        find_all(&self.code, phrase)
    }

    /// Lists the arguments of a call or macro whose opening bracket stands at the byte, as (offset, text).
    pub(super) fn arguments(&self, open: usize) -> Vec<(usize, &str)> {
        let mut depth = 0_usize;
        let mut from = open + 1;
        let mut found = Vec::new();
        for (at, byte) in self.code.bytes().enumerate().skip(open) {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 || (depth == 1 && byte == b',') {
                if let Some(argument) = self.text.get(from..at) {
                    let blank = argument.len() - argument.trim_start().len();
                    if !argument.trim().is_empty() {
                        found.push((from + blank, argument.trim()));
                    }
                }
                from = at + 1;
            }
            if depth == 0 {
                break;
            }
        }
        found
    }
}

/// Lists the places of a phrase that do not continue a longer word.
pub(super) fn find_all<'a>(text: &'a str, phrase: &'a str) -> impl Iterator<Item = usize> + 'a {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(phrase).filter_map(move |(at, _)| {
        let before = text.get(..at).and_then(|left| left.chars().next_back());
        let starts_word = phrase.chars().next().is_some_and(word);
        let continues = starts_word && before.is_some_and(word);
        (!continues).then_some(at)
    })
}

fn is_test_path(path: &str) -> bool {
    path.split('/')
        .any(|part| part == "tests" || part == "tests.rs")
        || path.starts_with("crates/testkit/")
}

/// Finds the items under `#[cfg(test)]` by matching brackets.
fn test_ranges(code: &str) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    for from in find_all(code, "#[cfg(test)]") {
        let mut depth = 0_usize;
        let start = from + "#[cfg(test)]".len();
        let mut end = code.len();
        for (at, byte) in code.bytes().enumerate().skip(start) {
            match byte {
                b'{' | b'(' | b'[' => depth += 1,
                b'}' | b')' | b']' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 && byte == b'}' {
                        end = at + 1;
                        break;
                    }
                }
                b';' if depth == 0 => {
                    end = at + 1;
                    break;
                }
                _ => {}
            }
        }
        ranges.push((from, end));
    }
    ranges
}

/// Splits a source into code and comments, byte for byte.
struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    code: Vec<u8>,
    comments: Vec<u8>,
}

impl<'a> Lexer<'a> {
    fn split(text: &'a str) -> (String, String) {
        let mut lexer = Self {
            bytes: text.as_bytes(),
            at: 0,
            code: Vec::with_capacity(text.len()),
            comments: Vec::with_capacity(text.len()),
        };
        lexer.run();
        let text_of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text_of(&lexer.code), text_of(&lexer.comments))
    }

    fn run(&mut self) {
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'/') => self.line_comment(),
                (b'/', b'*') => self.block_comment(),
                (b'"', _) => self.quoted(),
                (b'r', b'"' | b'#') if self.starts_word() && self.raw_hashes(1).is_some() => {
                    self.raw(1);
                }
                (b'b', b'r') if self.starts_word() && self.raw_hashes(2).is_some() => self.raw(2),
                (b'\'', _) => self.quote_or_lifetime(),
                _ => self.keep(1),
            }
        }
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn starts_word(&self) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.bytes.get(at));
        !before.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    }

    fn keep(&mut self, count: usize) {
        for _ in 0..count {
            let byte = self.peek(0);
            self.push(byte, blank(byte));
        }
    }

    fn hide(&mut self) {
        let byte = self.peek(0);
        self.push(blank(byte), blank(byte));
    }

    fn comment(&mut self) {
        let byte = self.peek(0);
        self.push(blank(byte), byte);
    }

    fn push(&mut self, code: u8, comment: u8) {
        if self.at < self.bytes.len() {
            self.code.push(code);
            self.comments.push(comment);
            self.at += 1;
        }
    }

    fn line_comment(&mut self) {
        while self.at < self.bytes.len() && self.peek(0) != b'\n' {
            self.comment();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.comment();
                    self.comment();
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.comment();
                    self.comment();
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.comment(),
            }
        }
    }

    fn quoted(&mut self) {
        self.keep(1);
        while self.at < self.bytes.len() {
            match self.peek(0) {
                b'"' => return self.keep(1),
                b'\\' => {
                    self.hide();
                    self.hide();
                }
                _ => self.hide(),
            }
        }
    }

    /// Counts the hashes of a raw text whose prefix is so long, or says that it is none.
    fn raw_hashes(&self, prefix: usize) -> Option<usize> {
        let mut hashes = 0;
        while self.peek(prefix + hashes) == b'#' {
            hashes += 1;
        }
        (self.peek(prefix + hashes) == b'"').then_some(hashes)
    }

    fn raw(&mut self, prefix: usize) {
        let hashes = self.raw_hashes(prefix).unwrap_or(0);
        self.keep(prefix + hashes + 1);
        while self.at < self.bytes.len() {
            let closes = self.peek(0) == b'"' && (1..=hashes).all(|n| self.peek(n) == b'#');
            if closes {
                return self.keep(1 + hashes);
            }
            self.hide();
        }
    }

    fn quote_or_lifetime(&mut self) {
        if self.peek(1) == b'\\' {
            self.keep(1);
            self.hide();
            self.hide();
            while self.at < self.bytes.len() && self.peek(0) != b'\'' {
                self.hide();
            }
            return self.keep(1);
        }
        // A character is closed within four bytes of UTF-8; a lifetime is not closed at all.
        let first = self.peek(1);
        let width = match first {
            0x00..=0x7f => 1,
            0x80..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xff => 4,
        };
        if self.peek(1 + width) == b'\'' {
            self.keep(1);
            for _ in 0..width {
                self.hide();
            }
        }
        self.keep(1);
    }
}

const fn blank(byte: u8) -> u8 {
    if byte == b'\n' { b'\n' } else { b' ' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_texts_and_characters_are_told_from_code() {
        let text = "let a = \"x // y\"; // todo!()\nlet q = '\"'; let l: &'a str = r#\"\"todo!\"#; /* a /* b */ c */ f();";
        let source = Source::new("src/a.rs", text);
        assert_eq!(source.code.len(), text.len());
        assert_eq!(source.comments.len(), text.len());
        assert!(!source.code.contains("todo!"));
        assert!(source.comments.contains("todo!()"));
        assert!(source.code.contains("&'a str"));
        assert!(source.code.contains("f();"));
        assert!(!source.code.contains('c'));
    }

    #[test]
    fn chinese_texts_keep_the_offsets() {
        let text = "f(\"云图\", 'é', '云', b'x'); g();";
        let source = Source::new("src/a.rs", text);
        assert_eq!(source.code.find("g()"), text.find("g()"));
    }

    #[test]
    fn tests_are_known_by_attribute_path_and_declaration() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n";
        let source = Source::new("crates/x/src/a.rs", text);
        assert!(!source.is_test(text.find("fn a").unwrap()));
        assert!(source.is_test(text.find("fn b").unwrap()));
        assert!(!source.is_test(text.find("fn c").unwrap()));
        assert_eq!(source.own_lines(), 2);
        let declares = Source::new("crates/x/src/a.rs", "#[cfg(test)]\nmod oracle;\n");
        assert_eq!(declares.test_modules(), ["crates/x/src/a/oracle.rs"]);
        let library = Source::new("crates/x/src/lib.rs", "#[cfg(test)]\nmod oracle;\n");
        assert_eq!(library.test_modules(), ["crates/x/src/oracle.rs"]);
        assert!(Source::new("crates/x/tests/it/a.rs", "").is_test(0));
        assert!(Source::new("crates/x/src/a/tests.rs", "").is_test(0));
    }

    #[test]
    fn arguments_are_split_at_the_outer_commas() {
        let text = "info!(a = f(1, 2), \"x, y\", %b)";
        let source = Source::new("src/a.rs", text);
        let arguments: Vec<_> = source.arguments(5).into_iter().map(|(_, t)| t).collect();
        assert_eq!(arguments, ["a = f(1, 2)", "\"x, y\"", "%b"]);
    }

    #[test]
    fn the_package_is_the_folder_of_its_manifest() {
        assert_eq!(
            Source::new("crates/lake/src/a.rs", "").package(),
            "crates/lake"
        );
        assert_eq!(Source::new("xtask/src/main.rs", "").package(), "xtask");
    }
}
