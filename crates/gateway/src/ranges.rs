//! Requests for a part of a file.

use actix_web::http::header::{HeaderMap, RANGE};

/// Removes a `Range` that is to be ignored, so that the whole file is the answer (RFC 9110, section 14.2): what is no
/// range of bytes, and several ranges, of which the file server would send the first alone.
pub(crate) fn keep_one(headers: &mut HeaderMap) {
    let ranges: Vec<_> = headers.get_all(RANGE).collect();
    let answered = match ranges.as_slice() {
        [] => return,
        [range] => range.to_str().is_ok_and(is_one_range),
        _ => false,
    };
    if !answered {
        headers.remove(RANGE);
    }
}

fn is_one_range(header: &str) -> bool {
    let Some((unit, range)) = header.split_once('=') else { return false };
    let Some((first, last)) = range.trim().split_once('-') else { return false };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let in_order = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) => first <= last,
        _ => true,
    };
    let bounded = match (first, last) {
        ("", last) => is_number(last),
        (first, "") => is_number(first),
        (first, last) => is_number(first) && is_number(last),
    };
    unit == "bytes" && bounded && in_order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_of_bytes_is_kept_and_nothing_else() {
        for range in ["bytes=0-0", "bytes=2-", "bytes=-5", "bytes= 2-5", "bytes=99999999999999999999-"] {
            assert!(is_one_range(range), "{range}");
        }
        for range in [
            "",
            "bytes",
            "bytes=abc",
            "bytes=-",
            "bytes=5-2",
            "bytes=0-1,3-4",
            "bytes=+1-2",
            "lines=1-2",
            "bytes=1-2-3",
        ] {
            assert!(!is_one_range(range), "{range}");
        }
    }
}
