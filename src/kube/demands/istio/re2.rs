//! Whether a text is a regular expression as Go reads it, and so Istio's webhook: the syntax of RE2
//! (Go's `regexp/syntax/parse.go` with the flags of Perl). Names of Unicode classes are not looked up.

/// The greatest number of repetitions, also of repeated repetitions.
const MOST: u32 = 1000;

/// Reads an expression.
///
/// # Errors
/// Says what is wrong with it.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut reader = Reader {
        rest: text,
        groups: vec![Group::default()],
        after_repetition: false,
    };
    while let Some(char) = reader.rest.chars().next() {
        let is_repetition = reader.step(char)?;
        reader.after_repetition = is_repetition;
    }
    if reader.groups.len() == 1 {
        Ok(())
    } else {
        Err("a `(` is not closed".to_owned())
    }
}

/// What was read since a `(`, or since the beginning.
#[derive(Default)]
struct Group {
    /// How often the last element repeats itself inside; `None` where nothing stands before.
    last: Option<u32>,
    /// The most of all elements.
    most: u32,
}

struct Reader<'a> {
    rest: &'a str,
    groups: Vec<Group>,
    after_repetition: bool,
}

impl Reader<'_> {
    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn next(&mut self) -> Option<char> {
        let char = self.rest.chars().next()?;
        self.skip(char.len_utf8());
        Some(char)
    }

    fn eat(&mut self, prefix: &str) -> bool {
        let is_next = self.rest.starts_with(prefix);
        if is_next {
            self.skip(prefix.len());
        }
        is_next
    }

    /// An element that repeats itself this often inside.
    fn push(&mut self, repeats: u32) {
        if let Some(group) = self.groups.last_mut() {
            group.last = Some(repeats);
            group.most = group.most.max(repeats);
        }
    }

    /// Reads one element, and says whether it was a repetition.
    fn step(&mut self, char: char) -> Result<bool, String> {
        match char {
            '(' => self.open()?,
            '|' => {
                self.skip(1);
                if let Some(group) = self.groups.last_mut() {
                    group.last = None;
                }
            }
            ')' => {
                self.skip(1);
                let closed = self.groups.pop().unwrap_or_default();
                if self.groups.is_empty() {
                    return Err("a `)` closes nothing".to_owned());
                }
                self.push(closed.most.max(1));
            }
            '[' => {
                self.class()?;
                self.push(1);
            }
            '*' | '+' | '?' => {
                self.skip(1);
                self.repeat(char, None)?;
                return Ok(true);
            }
            '{' => {
                if let Some((bounds, length)) = bounds(self.rest) {
                    self.skip(length);
                    let (least, most) = bounds?;
                    self.repeat('{', Some((least, most)))?;
                    return Ok(true);
                }
                self.skip(1);
                self.push(1);
            }
            '\\' => self.escape()?,
            _ => {
                self.next();
                self.push(1);
            }
        }
        Ok(false)
    }

    fn repeat(&mut self, sign: char, bounds: Option<(u32, Option<u32>)>) -> Result<(), String> {
        self.eat("?");
        if self.after_repetition {
            return Err("a repetition is repeated".to_owned());
        }
        let Some(inside) = self.groups.last().and_then(|group| group.last) else {
            return Err(format!("`{sign}` repeats nothing"));
        };
        let Some((least, most)) = bounds else {
            return Ok(());
        };
        let times = match most {
            Some(0) => return Ok(()),
            Some(most) => most,
            None => least.max(1),
        };
        let repeats = times.saturating_mul(inside.max(1));
        if (least >= 2 || most.is_some_and(|most| most >= 2)) && repeats > MOST {
            return Err(format!("it repeats over {MOST} times"));
        }
        self.push(repeats);
        Ok(())
    }

    /// `(`, `(?:`, `(?P<name>`, `(?i)`
    fn open(&mut self) -> Result<(), String> {
        if !self.rest.starts_with("(?") {
            self.skip(1);
            self.groups.push(Group::default());
            return Ok(());
        }
        let named = ["(?P<", "(?<"]
            .into_iter()
            .find(|start| self.rest.starts_with(start) && self.rest.len() > start.len());
        if let Some(start) = named {
            self.skip(start.len());
            let (name, rest) = self
                .rest
                .split_once('>')
                .ok_or("the name of a group is not closed")?;
            let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
            if name.is_empty() || !name.chars().all(is_name) {
                return Err("the name of a group is not one".to_owned());
            }
            self.rest = rest;
            self.groups.push(Group::default());
            return Ok(());
        }
        self.skip(2);
        let (mut is_negated, mut saw_flag) = (false, false);
        while let Some(char) = self.next() {
            match char {
                'i' | 'm' | 's' | 'U' => saw_flag = true,
                '-' if !is_negated => (is_negated, saw_flag) = (true, false),
                ':' | ')' if saw_flag || !is_negated => {
                    if char == ':' {
                        self.groups.push(Group::default());
                    }
                    return Ok(());
                }
                _ => break,
            }
        }
        Err("`(?` is followed by what RE2 does not have, such as a look-ahead".to_owned())
    }

    /// `\` outside of a class.
    fn escape(&mut self) -> Result<(), String> {
        let Some(char) = self.rest.get(1..).and_then(|rest| rest.chars().next()) else {
            return Err("it ends with `\\`".to_owned());
        };
        match char {
            'A' | 'b' | 'B' | 'z' | 'd' | 'D' | 's' | 'S' | 'w' | 'W' => self.skip(2),
            'Q' => {
                self.skip(2);
                let (literal, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = rest;
                if literal.is_empty() {
                    return Ok(());
                }
            }
            'p' | 'P' => self.unicode()?,
            _ => {
                self.character()?;
            }
        }
        self.push(1);
        Ok(())
    }

    /// `\pL`, `\p{Greek}`
    fn unicode(&mut self) -> Result<(), String> {
        self.skip(2);
        if self.eat("{") {
            let (_, rest) = self
                .rest
                .split_once('}')
                .ok_or("a Unicode class is not closed")?;
            self.rest = rest;
            return Ok(());
        }
        match self.next() {
            Some(char) if char.is_ascii_alphabetic() => Ok(()),
            _ => Err("a Unicode class has no name".to_owned()),
        }
    }

    /// An escaped single character, for what it stands.
    fn character(&mut self) -> Result<u32, String> {
        self.skip(1);
        let invalid = || Err("it has an escape that RE2 does not know".to_owned());
        let Some(char) = self.next() else {
            return Err("it ends with `\\`".to_owned());
        };
        let is_octal = |rest: &str| rest.starts_with(|char: char| ('0'..='7').contains(&char));
        match char {
            '0' => Ok(self.octal(char)),
            '1'..='7' if is_octal(self.rest) => Ok(self.octal(char)),
            'x' => self.hexadecimal().map_or_else(invalid, Ok),
            'a' => Ok(7),
            'f' => Ok(12),
            'n' => Ok(10),
            'r' => Ok(13),
            't' => Ok(9),
            'v' => Ok(11),
            _ if char.is_ascii() && !char.is_ascii_alphanumeric() => Ok(u32::from(char)),
            _ => invalid(),
        }
    }

    fn octal(&mut self, first: char) -> u32 {
        let mut value = first.to_digit(8).unwrap_or_default();
        for _ in 0..2 {
            let Some(digit) = self.rest.chars().next().and_then(|char| char.to_digit(8)) else {
                break;
            };
            value = value * 8 + digit;
            self.skip(1);
        }
        value
    }

    fn hexadecimal(&mut self) -> Option<u32> {
        if !self.eat("{") {
            let high = self.next()?.to_digit(16);
            let low = self.next()?.to_digit(16);
            return Some(high? * 16 + low?);
        }
        let (digits, rest) = self.rest.split_once('}')?;
        self.rest = rest;
        let value = u32::from_str_radix(digits, 16).ok()?;
        let fits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        (fits && value <= u32::from(char::MAX)).then_some(value)
    }

    /// `[…]`
    fn class(&mut self) -> Result<(), String> {
        const OPEN: &str = "a `[` is not closed";
        self.skip(1);
        self.eat("^");
        let mut is_first = true;
        loop {
            if !is_first && self.eat("]") {
                return Ok(());
            }
            is_first = false;
            if self.rest.starts_with("[:") && self.posix()? {
                continue;
            }
            if self.rest.starts_with("\\p") || self.rest.starts_with("\\P") {
                self.unicode()?;
                continue;
            }
            let escaped = self.rest.strip_prefix('\\');
            if escaped.is_some_and(|rest| rest.starts_with(['d', 'D', 's', 'S', 'w', 'W'])) {
                self.skip(2);
                continue;
            }
            let low = self.class_character()?.ok_or(OPEN)?;
            let is_range =
                self.rest.starts_with('-') && self.rest.len() > 1 && !self.rest.starts_with("-]");
            if is_range {
                self.skip(1);
                let high = self.class_character()?.ok_or(OPEN)?;
                if high < low {
                    return Err("a range of characters is the wrong way round".to_owned());
                }
            }
        }
    }

    fn class_character(&mut self) -> Result<Option<u32>, String> {
        if self.rest.starts_with('\\') {
            return self.character().map(Some);
        }
        Ok(self.next().map(u32::from))
    }

    /// `[:alpha:]`, where it is one.
    fn posix(&mut self) -> Result<bool, String> {
        const NAMES: [&str; 14] = [
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print",
            "punct", "space", "upper", "word", "xdigit",
        ];
        let inside = self.rest.get(2..).unwrap_or_default();
        let Some((name, rest)) = inside.split_once(":]") else {
            return Ok(false);
        };
        if !NAMES.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return Err("it has a class of characters that RE2 does not know".to_owned());
        }
        self.rest = rest;
        Ok(true)
    }
}

/// The least and the greatest number of repetitions.
type Bounds = (u32, Option<u32>);

/// `{2}`, `{2,}` or `{2,5}` at the start of a text, and its length; `None` where the brace stands for
/// itself (`parseRepeat`).
fn bounds(text: &str) -> Option<(Result<Bounds, String>, usize)> {
    let end = text.find('}')?;
    let inside = text.get(1..end)?;
    let number = |digits: &str| {
        let is_number = !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && (digits.len() == 1 || !digits.starts_with('0'));
        is_number.then(|| digits.parse::<u32>().unwrap_or(u32::MAX))
    };
    let (least, most) = match inside.split_once(',') {
        None => {
            let times = number(inside)?;
            (times, Some(times))
        }
        Some((least, "")) => (number(least)?, None),
        Some((least, most)) => (number(least)?, Some(number(most)?)),
    };
    let bounds = if least > MOST || most.is_some_and(|most| most > MOST) {
        Err(format!("it repeats over {MOST} times"))
    } else if most.is_some_and(|most| most < least) {
        Err("the bounds of a repetition are the wrong way round".to_owned())
    } else {
        Ok((least, most))
    };
    Some((bounds, end + 1))
}

#[cfg(test)]
mod tests {
    use super::check;

    /// Each as Go 1.26 judges it, two blanks between.
    const GOOD: &str = r"
a|b  |  ()  (a|)  a*?  (?:a)  (?i)a  (?i:a)  (?-s).  (?P<n>a)  (?<n_1>a)  []a]  [^]a]  [a-]
[-a]  [a\-z]  [[:alpha:]]  [[:^word:]_]  [\d\s]  \pL  \p{Greek}  \Qa*(\E*  \Q\E  \x41
\x{10FFFF}  \07  \12  a{2}  a{2,}  a{2,5}?  a{,2}  a{  a{01}  {  {a}  ^*  $  \/\.\_\-
(a{10}){100}  a{1000}  [a-z&&b]  \b*  a(?i)*  x|(?i)  (a{0,0}){1000}  /api/v[0-9]+/.*  [[a]
[[:a]  é+  a}  ]
";
    const BAD: &str = r"
(  )  (a  a)  *  +a  |*  (*)  (|?)  a**  a*+  a{2}{3}  a{2}*  a??*  [  []  [a  [z-a]  [[:foo:]]
\  \8  \1  \C  \q  \x  \x{}  \x{110000}  \xg0  \p  \p{a  (?=a)  (?!a)  (?<=a)  (?P<>a)  (?P<a
(?P<a b>c)  (?  (?i  (?-)  (?--i)  a{1001}  a{5,2}  (a{100}){11}  (?i)*  \Z  [\8]  (?P=n)
(?>a)  a{1001,}
";

    fn expressions(text: &str) -> impl Iterator<Item = &str> {
        let lines = text.lines().filter(|line| !line.is_empty());
        lines.flat_map(|line| line.split("  "))
    }

    #[test]
    fn expressions_are_read_as_go_reads_them() {
        assert_eq!(check(""), Ok(()));
        assert!(expressions(GOOD).count() > 50 && expressions(BAD).count() > 45);
        for good in expressions(GOOD) {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in expressions(BAD) {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
