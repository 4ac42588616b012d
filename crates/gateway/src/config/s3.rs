//! The settings of the bucket that uploads are kept in.

use media::bucket::BucketConfig;
use serde::{Deserialize, Serialize};

use super::error::Error;

/// The bucket of an S3-compatible store that uploads are kept in; without one, a folder in the data directory.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct S3 {
    /// The name of the bucket.
    pub bucket: Option<String>,
    /// The address of the store; by default Amazon's.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// The id of the access key; by default the role of the machine is used.
    pub access_key_id: Option<String>,
    /// The secret of the access key.
    pub secret_access_key: Option<String>,
}

impl Default for S3 {
    fn default() -> Self {
        Self {
            bucket: None,
            endpoint: None,
            region: "us-east-1".into(),
            access_key_id: None,
            secret_access_key: None,
        }
    }
}

impl S3 {
    pub(super) fn check(&self) -> Result<(), Error> {
        if let Some(endpoint) = &self.endpoint
            && !url::Url::parse(endpoint)
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
        {
            return Err(Error::Value(format!(
                "S3_ENDPOINT is `{endpoint}`; it must be an address like https://s3.example"
            )));
        }
        if self.access_key_id.is_some() != self.secret_access_key.is_some() {
            return Err(Error::Value(
                "S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY must be set both, or neither".to_owned(),
            ));
        }
        Ok(())
    }

    /// Returns where the bucket is, if there is one.
    pub fn bucket(&self) -> Option<BucketConfig> {
        Some(BucketConfig {
            bucket: self.bucket.clone()?,
            endpoint: self.endpoint.as_ref().map(|endpoint| endpoint.trim_end_matches('/').to_owned()),
            region: self.region.clone(),
            key: self.access_key_id.clone().zip(self.secret_access_key.clone()),
        })
    }
}
