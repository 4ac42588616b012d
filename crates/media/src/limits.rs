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
    /// The most frames of a picture that moves.
    pub max_frames: u64,
    /// The most pixels of all of its frames.
    pub max_frame_pixels: u64,
    /// How much of the disk must be free, in percent.
    pub free_percent: u64,
}

impl Default for Limits {
    /// 25 MiB, pictures that a phone can decode, and a twentieth of the disk.
    fn default() -> Self {
        Self {
            max_bytes: 25 * 1024 * 1024,
            max_side: 12_000,
            max_pixels: 40_000_000,
            max_frames: 500,
            max_frame_pixels: 200_000_000,
            free_percent: 5,
        }
    }
}
