//! Who may ask: this server under its own name, from its own page, with the token where there is one.
//!
//! A page of another site can send requests to a server on loopback. It may not read the answers, but it could review and fill the disk;
//! and by giving its own name the address of this machine (DNS rebinding) it could read them, too. So a request must call the server by an
//! address, by `localhost` or by a name that was allowed, and must not say that it comes from elsewhere.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::App;
use super::problem::Problem;
use super::token::{COOKIE, Token};

/// How long a browser keeps the cookie, in seconds: thirty days.
const KEPT: u32 = 30 * 24 * 3600;
/// The page where the token is entered sends a form, which no other page may.
const LOGIN_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// The rules.
pub(super) struct Access {
    hosts: Vec<String>,
    token: Option<Token>,
}

impl Access {
    /// The rules of a server at `address`, also called by the names `hosts`.
    pub fn new(address: SocketAddr, hosts: Vec<String>, token: Option<Token>) -> Access {
        let mut hosts: Vec<String> = hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect();
        hosts.push("localhost".to_owned());
        hosts.push(address.ip().to_string());
        Access { hosts, token }
    }

    /// True when a token is asked for.
    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Checks by which name the server was called.
    ///
    /// # Errors
    /// 403 for a name that is not its own.
    pub fn host(&self, headers: &HeaderMap) -> Result<(), Problem> {
        let mut all = headers.get_all(header::HOST).iter();
        let host = match (all.next().and_then(|host| host.to_str().ok()), all.next()) {
            (Some(host), None) => host,
            _ => "",
        };
        let name = bare(host).to_ascii_lowercase();
        let is_address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_ok();
        if is_address || self.hosts.contains(&name) {
            return Ok(());
        }
        let rule = "the Host must be an address, localhost, or a name given by --allow-host";
        Err(Problem::new(StatusCode::FORBIDDEN, "host", rule).value(host))
    }

    /// Checks where the request comes from, if a browser says so.
    ///
    /// # Errors
    /// 403 when it comes from another site.
    pub fn origin(&self, headers: &HeaderMap, method: &Method) -> Result<(), Problem> {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
        let refuse = |value: &str| {
            Err(Problem::new(StatusCode::FORBIDDEN, "origin", "a request must not come from another site").value(value))
        };
        if let Some(origin) = text("origin") {
            let host = text("host").unwrap_or_default();
            let own = origin
                .split_once("://")
                .is_some_and(|(scheme, rest)| matches!(scheme, "http" | "https") && rest.eq_ignore_ascii_case(host));
            if !own {
                return refuse(origin);
            }
        }
        // A link to the page may be followed from anywhere; nothing else may be fetched from there.
        let followed = matches!(*method, Method::GET | Method::HEAD) && text("sec-fetch-mode") == Some("navigate");
        match text("sec-fetch-site") {
            Some(site @ ("cross-site" | "same-site")) if !followed => refuse(site),
            _ => Ok(()),
        }
    }

    /// True when the client knows the token, or none is asked for.
    pub fn knows(&self, headers: &HeaderMap) -> bool {
        let Some(token) = &self.token else { return true };
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| {
            let (scheme, word) = value.as_bytes().split_at_checked(7)?;
            scheme.eq_ignore_ascii_case(b"bearer ").then(|| word.trim_ascii())
        });
        if let Some(word) = bearer {
            return token.is(word);
        }
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(name, value)| name == COOKIE && token.is_cookie(value.as_bytes()))
    }
}

/// A host without its port.
fn bare(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

/// Where the token is entered.
pub(super) async fn page(State(app): State<Arc<App>>) -> Response {
    if !app.access.has_token() {
        return Redirect::to("/").into_response();
    }
    form(StatusCode::OK, "")
}

fn form(status: StatusCode, said: &str) -> Response {
    let page = include_str!("login.html").replace("{said}", said);
    let mut response = (status, Html(page)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(LOGIN_POLICY));
    // A form of a page that tells nobody where it is comes from the origin `null`, which is refused.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

#[derive(Deserialize)]
pub(super) struct Entered {
    #[serde(default)]
    token: String,
}

/// Takes the token from the form and gives the cookie.
pub(super) async fn login(State(app): State<Arc<App>>, entered: Result<Form<Entered>, FormRejection>) -> Response {
    let word = entered.map(|Form(entered)| entered.token).unwrap_or_default();
    let word = word.trim();
    match &app.access.token {
        None => Redirect::to("/").into_response(),
        Some(token) if token.is(word.as_bytes()) => {
            let cookie =
                format!("{COOKIE}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={KEPT}", Token::cookie_of(word));
            give(&cookie)
        }
        Some(_) => form(StatusCode::UNAUTHORIZED, "זו אינה הסיסמה · That is not the token"),
    }
}

/// Takes the cookie back.
pub(super) async fn logout() -> Response {
    give(&format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"))
}

fn give(cookie: &str) -> Response {
    let mut response = Redirect::to("/").into_response();
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for &(name, value) in pairs {
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn access(token: Option<&str>) -> Access {
        let token = token.map(|word| Token::new(word).unwrap());
        Access::new("127.0.0.1:8040".parse().unwrap(), vec!["ads.Example.org".to_owned()], token)
    }

    #[test]
    fn a_host_is_an_address_or_a_name_that_was_allowed() {
        let access = access(None);
        for good in
            ["localhost", "LOCALHOST:8040", "127.0.0.1:8040", "[::1]:8040", "[::1]", "10.0.0.7", "ads.example.org:443"]
        {
            assert!(access.host(&headers(&[("host", good)])).is_ok(), "{good}");
        }
        for bad in
            ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8040", "", "localhost:x", "example.org"]
        {
            assert!(access.host(&headers(&[("host", bad)])).is_err(), "{bad}");
        }
        assert!(access.host(&headers(&[])).is_err());
        assert!(access.host(&headers(&[("host", "localhost"), ("host", "evil.example")])).is_err());
    }

    #[test]
    fn an_origin_is_the_host_itself() {
        let access = access(None);
        let check = |method: Method, pairs: &[(&'static str, &str)]| {
            access.origin(&headers(&[pairs, &[("host", "localhost:8040")]].concat()), &method).is_ok()
        };
        assert!(check(Method::POST, &[]));
        assert!(check(Method::POST, &[("origin", "http://localhost:8040"), ("sec-fetch-site", "same-origin")]));
        for bad in ["http://evil.example", "null", "http://localhost:8041", "http://localhost", "file://localhost:8040"]
        {
            assert!(!check(Method::POST, &[("origin", bad)]), "{bad}");
            assert!(!check(Method::GET, &[("origin", bad)]), "{bad}");
        }
        assert!(!check(Method::POST, &[("sec-fetch-site", "cross-site")]));
        assert!(!check(Method::POST, &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]));
        assert!(!check(Method::GET, &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")]));
        assert!(check(Method::GET, &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]));
    }

    #[test]
    fn the_token_is_known_by_header_or_cookie() {
        let word = "0123456789abcdef";
        let access = access(Some(word));
        assert!(access.knows(&headers(&[("authorization", &format!("Bearer {word}"))])));
        assert!(access.knows(&headers(&[("authorization", &format!("bearer  {word} "))])));
        assert!(access.knows(&headers(&[("cookie", &format!("a=b; tachles={}", Token::cookie_of(word)))])));
        for bad in ["Bearer 0123456789abcdeg", "Bearer", "", "Basic 0123456789abcdef", "0123456789abcdef"] {
            assert!(!access.knows(&headers(&[("authorization", bad)])), "{bad}");
        }
        assert!(!access.knows(&headers(&[("cookie", &format!("tachles={word}"))])));
        assert!(!access.knows(&headers(&[])));
    }
}
