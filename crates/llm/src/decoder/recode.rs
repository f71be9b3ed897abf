//! Stores weights otherwise on their way from the file into memory.
//!
//! Candle multiplies with Q4_1, Q5_0 and Q5_1 one value at a time, ten times slower than with the
//! kinds that it has vector instructions for, and files that are called "Q4_K_M" consist of them
//! when the network's width does not divide into the larger blocks. Such tensors are given to candle
//! as Q8_0: their blocks are as long, and eight bits hold four or five with an error of at most
//! 1/254 of a block's largest weight. They take half as much memory again as before.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use candle_core::quantized::gguf_file::Content;
use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{Device, Result, Shape};

const TARGET: GgmlDType = GgmlDType::Q8_0;

/// Whether a tensor of this kind is stored otherwise in memory.
pub(super) fn is_recoded(kind: GgmlDType) -> bool {
    matches!(kind, GgmlDType::Q4_1 | GgmlDType::Q5_0 | GgmlDType::Q5_1)
}

/// A header whose slow tensors lie behind the file's end, and a reader that makes them up there.
pub(super) fn recoded(mut content: Content, mut file: File) -> io::Result<(Content, Recoded)> {
    let file_end = file.seek(SeekFrom::End(0))?;
    let mut end = file_end;
    let mut tensors = Vec::new();
    for info in content.tensor_infos.values_mut().filter(|info| is_recoded(info.ggml_dtype)) {
        let tensor = Tensor {
            start: end,
            length: bytes(&info.shape, TARGET),
            source_start: content.tensor_data_offset + info.offset,
            source_kind: info.ggml_dtype,
            shape: info.shape.clone(),
        };
        info.ggml_dtype = TARGET;
        info.offset = tensor.start - content.tensor_data_offset;
        end += tensor.length;
        tensors.push(tensor);
    }
    Ok((content, Recoded { file, file_end, end, tensors, made: None, position: 0 }))
}

/// The file, and behind its end the tensors that are stored otherwise.
pub(super) struct Recoded {
    file: File,
    file_end: u64,
    end: u64,
    /// In the order of their starts.
    tensors: Vec<Tensor>,
    /// The place in `tensors` of the one that was read last, and its bytes.
    made: Option<(usize, Vec<u8>)>,
    position: u64,
}

struct Tensor {
    start: u64,
    length: u64,
    source_start: u64,
    source_kind: GgmlDType,
    shape: Shape,
}

impl Recoded {
    fn make(&mut self, which: usize) -> io::Result<&[u8]> {
        if self.made.as_ref().is_none_or(|(made, _)| *made != which) {
            let tensor = &self.tensors[which];
            let mut source = vec![0; bytes(&tensor.shape, tensor.source_kind) as usize];
            self.file.seek(SeekFrom::Start(tensor.source_start))?;
            self.file.read_exact(&mut source)?;
            self.made = Some((which, tensor.recode(source).map_err(io::Error::other)?));
        }
        Ok(self.made.as_ref().map_or(&[], |(_, bytes)| bytes))
    }
}

impl Tensor {
    fn recode(&self, source: Vec<u8>) -> Result<Vec<u8>> {
        let storage = QStorage::from_data(source.into(), &Device::Cpu, self.source_kind)?;
        let values = QTensor::new(storage, self.shape.clone())?.dequantize(&Device::Cpu)?;
        Ok(QTensor::quantize(&values, TARGET)?.data()?.into_owned())
    }
}

impl Read for Recoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = if self.position < self.file_end {
            self.file.seek(SeekFrom::Start(self.position))?;
            let left = self.file_end - self.position;
            let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            self.file.read(&mut buffer[..most])?
        } else {
            let position = self.position;
            let after = self.tensors.partition_point(|tensor| tensor.start <= position);
            let Some(which) = after.checked_sub(1) else { return Ok(0) };
            let within = (position - self.tensors[which].start) as usize;
            let made = self.make(which)?.get(within..).unwrap_or_default();
            let count = made.len().min(buffer.len());
            buffer[..count].copy_from_slice(&made[..count]);
            count
        };
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Recoded {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.end.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = position.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

/// Stored size; shapes were checked against the blocks and the file when the header was read.
fn bytes(shape: &Shape, kind: GgmlDType) -> u64 {
    (shape.elem_count() / kind.block_size() * kind.type_size()) as u64
}
