//! The keys and values of what was read, of one layer.

use candle_core::{DType, Device, Result, Tensor};

/// Room is made for this many tokens at a time, and for half as many again as there are.
const STEP: usize = 256;

/// Keys and values in f32, `[kv_heads, room, head]`, of which the first tokens count.
#[derive(Default)]
pub(super) struct Cache {
    kept: Option<(Tensor, Tensor)>,
}

impl Cache {
    /// Puts keys and values, `[kv_heads, tokens, head]`, at position `at`, over what stood there and
    /// behind; gives all up to their end. `most` bounds the room.
    pub(super) fn put(
        &mut self,
        keys: &Tensor,
        values: &Tensor,
        at: usize,
        most: usize,
    ) -> Result<(Tensor, Tensor)> {
        let (heads, tokens, head) = keys.dims3()?;
        let end = at + tokens;
        let room = self.kept.as_ref().map_or(Ok(0), |(kept, _)| kept.dim(1))?;
        if end > room {
            let wanted = (end + end / 2).next_multiple_of(STEP).min(most.max(end));
            let make = |old: Option<&Tensor>| {
                let new = Tensor::zeros((heads, wanted, head), DType::F32, &Device::Cpu)?;
                if let Some(old) = old.filter(|_| at > 0) {
                    new.slice_set(&old.narrow(1, 0, at)?.contiguous()?, 1, 0)?;
                }
                Ok::<_, candle_core::Error>(new)
            };
            let old = self.kept.take();
            self.kept = Some((
                make(old.as_ref().map(|(keys, _)| keys))?,
                make(old.as_ref().map(|(_, values)| values))?,
            ));
        }
        let (kept_keys, kept_values) = self.kept.as_ref().expect("room was made for one token at least");
        kept_keys.slice_set(&keys.contiguous()?, 1, at)?;
        kept_values.slice_set(&values.contiguous()?, 1, at)?;
        Ok((kept_keys.narrow(1, 0, end)?, kept_values.narrow(1, 0, end)?))
    }
}
