//! Texts like those of chats, in Chinese, Japanese, Korean and English: the same at each run.

/// The same numbers at each run.
#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

/// The words of a script, of which the first are the most common.
const WORDS: f64 = 20_000.0;
/// What follows words, if anything does.
const PARTICLES: [&str; 12] = ["", "", "", "", "的", "了", "，", "我", "是", "嗎", "！", " "];
/// What words of an alphabet are made of.
const SYLLABLES: [&str; 14] =
    ["ta", "no", "re", "con", "s", "ing", "mi", "lo", "ed", "qu", "per", "wa", "x", "er"];

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a number below `below` (xorshift64*, Vigna 2016).
    pub(crate) fn below(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) % below.max(1)
    }

    /// Returns a rank as words of a language have it: the n-th is n times as rare as the first.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a small positive number"
    )]
    fn rank(&mut self) -> u64 {
        let part = self.below(1 << 20) as f64 / f64::from(1 << 20);
        WORDS.powf(part) as u64
    }

    /// Returns a message of some words.
    pub(crate) fn message(&mut self) -> String {
        let mut text = String::new();
        let alphabetic = self.below(10) == 0;
        for at in 0..3 + self.below(12) {
            if alphabetic && at > 0 {
                text.push(' ');
            }
            self.word(alphabetic, &mut text);
            if !alphabetic {
                text.push_str(self.one_of(&PARTICLES));
            }
        }
        text
    }

    fn word(&mut self, alphabetic: bool, text: &mut String) {
        let (script, rank) = (self.below(16), self.rank());
        let mut letters = Self((rank + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        if alphabetic {
            for _ in 0..=letters.below(4) {
                text.push_str(letters.one_of(&SYLLABLES));
            }
            return;
        }
        let (first, count, step) = match script {
            0 => (0x3042, 80, 1),
            1 => (0xAC00, 2_000, 5),
            _ => (0x4E00, 3_000, 5),
        };
        for _ in 0..2 {
            let code = first + letters.below(count) * step;
            text.extend(u32::try_from(code).ok().and_then(char::from_u32));
        }
    }

    /// Returns a place in a list of this length.
    pub(crate) fn place(&mut self, length: usize) -> usize {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        usize::try_from(self.below(length)).unwrap_or_default()
    }

    fn one_of(&mut self, list: &[&'static str]) -> &'static str {
        list.get(self.place(list.len())).copied().unwrap_or_default()
    }

    /// Returns a part of a text, 1 to 12 code points long.
    pub(crate) fn part(&mut self, text: &str) -> String {
        let length = 1 + self.place(12);
        let start = self.place(text.chars().count());
        text.chars().skip(start).take(length).collect()
    }
}
