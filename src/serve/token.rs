//! The token that clients must know, and the cookie that stands for it in a browser.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::{Error, ErrorKind, Result};

/// The shortest token, in bytes: one that cannot be found by trying.
const SHORTEST: usize = 16;
/// The name of the cookie.
pub(super) const COOKIE: &str = "tachles";

/// A token, of which only digests are kept.
pub struct Token {
    token: [u8; 32],
    cookie: [u8; 32],
}

impl Token {
    /// The token `word`; spaces and a line end around it do not belong to it.
    ///
    /// # Errors
    /// `Usage` when it is too short, or holds what cannot stand in a header.
    pub fn new(word: &str) -> Result<Token> {
        let word = word.trim();
        if word.len() < SHORTEST {
            let rule = format!("a token must have {SHORTEST} characters at least, it has {}", word.len());
            return Err(Error::new(ErrorKind::Usage, rule));
        }
        if !word.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::new(ErrorKind::Usage, "a token is made of visible ASCII characters, without spaces"));
        }
        Ok(Token { token: digest(word.as_bytes()), cookie: digest(Token::cookie_of(word).as_bytes()) })
    }

    /// True when `word` is the token. Takes the same time for all words of one length.
    pub(super) fn is(&self, word: &[u8]) -> bool {
        digest(word).ct_eq(&self.token).into()
    }

    /// True when `value` is the cookie that stands for it.
    pub(super) fn is_cookie(&self, value: &[u8]) -> bool {
        digest(value).ct_eq(&self.cookie).into()
    }

    /// What the cookie of the token `word` holds: who sees it does not know the token, and it is void once the token is another.
    pub(super) fn cookie_of(word: &str) -> String {
        digest(format!("tachles cookie {word}").as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_and_its_cookie_open() {
        let token = Token::new(" 0123456789abcdef\n").unwrap();
        assert!(token.is(b"0123456789abcdef"));
        assert!(!token.is(b"0123456789abcdeF") && !token.is(b"") && !token.is(b"0123456789abcdef\n"));
        let cookie = Token::cookie_of("0123456789abcdef");
        assert!(token.is_cookie(cookie.as_bytes()) && !token.is(cookie.as_bytes()));
        assert!(!token.is_cookie(b"0123456789abcdef"));
    }

    #[test]
    fn a_token_is_long_and_fits_a_header() {
        assert!(Token::new("short").err().unwrap().to_string().contains("16 characters at least, it has 5"));
        assert!(Token::new("0123456789 abcdef").is_err());
        assert!(Token::new("0123456789abcdefא").is_err());
    }
}
