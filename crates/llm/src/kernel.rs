//! What takes the time: products with quantised weights, attention, and the maps between them, on the
//! processor's widest instructions.
//!
//! Weights are packed once, at load, so that one instruction serves sixteen outputs ([`packed`]);
//! inputs are rounded to eight bits for 32 at a time ([`inputs`]). Each kernel has a portable form
//! that says what it computes, and forms for AVX2, for AVX2 with VNNI, for AVX-512 with VNNI, and for NEON
//! with and without dot products, chosen by what the processor has when the program runs; the tests hold all of them against plain floats.
//!
//! This is the only place of the room with `unsafe` code: the instructions want it.

pub(crate) mod attend;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
pub(crate) mod inputs;
pub(crate) mod maps;
#[cfg(target_arch = "aarch64")]
mod neon;
pub(crate) mod packed;
pub(crate) mod product;
#[cfg(test)]
mod tests;
mod unpack;

/// The instructions that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX2 with VNNI.
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    /// AVX-512 with VNNI.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// NEON with dot products.
    #[cfg(target_arch = "aarch64")]
    NeonDot,
}

impl Level {
    /// All that this processor has, best first.
    pub(crate) fn available() -> Vec<Self> {
        let mut levels = Vec::new();
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vnni")
            {
                levels.push(Self::Avx512);
            }
            if is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
                && is_x86_feature_detected!("f16c")
            {
                if is_x86_feature_detected!("avxvnni") {
                    levels.push(Self::AvxVnni);
                }
                levels.push(Self::Avx2);
            }
        }
        #[cfg(target_arch = "aarch64")]
        {
            if std::arch::is_aarch64_feature_detected!("dotprod") {
                levels.push(Self::NeonDot);
            }
            levels.push(Self::Neon);
        }
        levels.push(Self::Portable);
        levels
    }

    /// The best, or the one that `INHOUSE_KERNELS` names.
    pub(crate) fn best() -> Self {
        let available = Self::available();
        let Some(name) = std::env::var_os("INHOUSE_KERNELS").filter(|name| !name.is_empty()) else {
            return available[0];
        };
        let named = available.iter().find(|level| *level.name() == *name);
        named.copied().unwrap_or_else(|| {
            let known = available.iter().map(|level| level.name()).collect::<Vec<_>>().join(", ");
            tracing::warn!(?name, known, "INHOUSE_KERNELS names none of this processor's kernels");
            available[0]
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => "avx-vnni",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => "avx-512",
            #[cfg(target_arch = "aarch64")]
            Self::Neon => "neon",
            #[cfg(target_arch = "aarch64")]
            Self::NeonDot => "neon-dot",
        }
    }
}
