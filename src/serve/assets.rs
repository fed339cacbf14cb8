//! The page: its files are in the program, so there is nothing to install and nothing to fetch from elsewhere.

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::problem::Problem;
use crate::model::artifact::digest;

/// A file of the page.
struct Asset {
    name: &'static str,
    kind: &'static str,
    content: &'static str,
}

macro_rules! assets {
    ($($name:literal: $kind:literal),* $(,)?) => {
        &[$(Asset { name: $name, kind: $kind, content: include_str!(concat!("page/", $name)) }),*]
    };
}

/// Every file of `src/serve/page/`; a test holds the list complete.
const ASSETS: &[Asset] = assets![
    "ad-view.js": "text/javascript; charset=utf-8",
    "ad.css": "text/css; charset=utf-8",
    "api.js": "text/javascript; charset=utf-8",
    "base.css": "text/css; charset=utf-8",
    "batch.js": "text/javascript; charset=utf-8",
    "card.js": "text/javascript; charset=utf-8",
    "chart.js": "text/javascript; charset=utf-8",
    "checks.js": "text/javascript; charset=utf-8",
    "details.js": "text/javascript; charset=utf-8",
    "dom.js": "text/javascript; charset=utf-8",
    "draft.js": "text/javascript; charset=utf-8",
    "gauge.js": "text/javascript; charset=utf-8",
    "i18n.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "index.html": "text/html; charset=utf-8",
    "main.js": "text/javascript; charset=utf-8",
    "marks.js": "text/javascript; charset=utf-8",
    "opened.js": "text/javascript; charset=utf-8",
    "print.css": "text/css; charset=utf-8",
    "review.css": "text/css; charset=utf-8",
    "review.js": "text/javascript; charset=utf-8",
    "runs.js": "text/javascript; charset=utf-8",
    "samples.js": "text/javascript; charset=utf-8",
    "surface.js": "text/javascript; charset=utf-8",
    "tables.css": "text/css; charset=utf-8",
    "words-en.js": "text/javascript; charset=utf-8",
    "words-he.js": "text/javascript; charset=utf-8",
    "write.css": "text/css; charset=utf-8",
    "write.js": "text/javascript; charset=utf-8",
];

/// `GET /`
pub(super) async fn index(headers: HeaderMap) -> Response {
    give("index.html", &headers)
}

/// `GET /assets/{name}`
pub(super) async fn named(Path(name): Path<String>, headers: HeaderMap) -> Response {
    give(&name, &headers)
}

fn give(name: &str, headers: &HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return Problem::missing("there is no such file of the page").into_response();
    };
    // The files change with the program only; a browser asks, and is told to keep what it has.
    let tag = format!("\"{}\"", digest(asset.content.as_bytes()));
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let caching = [(header::ETAG, tag), (header::CACHE_CONTROL, "no-cache".to_owned())];
    match known {
        true => (StatusCode::NOT_MODIFIED, caching).into_response(),
        false => (caching, [(header::CONTENT_TYPE, asset.kind)], asset.content).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_in_the_program() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/serve/page");
        let mut found: Vec<String> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        found.sort();
        let listed: Vec<&str> = ASSETS.iter().map(|asset| asset.name).collect();
        assert_eq!(listed, found, "help: list every file in src/serve/assets.rs, in order");
    }
}
