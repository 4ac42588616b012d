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
    /// How much of the disk must be free, in percent.
    pub free_percent: u64,
}

impl Default for Limits {
    /// 25 MiB, pictures that a phone can decode, and a twentieth of the disk.
    fn default() -> Self {
        Self { max_bytes: 25 * 1024 * 1024, max_side: 12_000, max_pixels: 40_000_000, free_percent: 5 }
    }
}
