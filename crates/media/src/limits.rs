//! The limits of uploads.

/// How large uploads can be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest file, in bytes.
    pub max_bytes: u64,
    /// The longest side of a picture, in pixels.
    pub max_side: usize,
    /// The largest picture, in pixels.
    pub max_pixels: usize,
}

impl Default for Limits {
    /// 25 MiB, and pictures that a phone can decode.
    fn default() -> Self {
        Self { max_bytes: 25 * 1024 * 1024, max_side: 12_000, max_pixels: 40_000_000 }
    }
}
