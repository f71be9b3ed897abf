//! Little-endian numbers out of a file in memory, never past its end.

pub(super) struct Bytes<'a> {
    rest: &'a [u8],
}

impl<'a> Bytes<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or_else(|| format!("{count} bytes are announced where {} are left", self.rest.len()))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (taken, rest) =
            self.rest.split_first_chunk().ok_or("it ends within a number: it was cut short")?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, String> {
        self.array().map(u8::from_le_bytes)
    }

    pub(super) fn short(&mut self) -> Result<u16, String> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn f32(&mut self) -> Result<f32, String> {
        self.array().map(f32::from_le_bytes)
    }

    pub(super) fn letter(&mut self) -> Result<char, String> {
        let code = self.array().map(u32::from_le_bytes)?;
        char::from_u32(code).ok_or_else(|| format!("{code:#x} is not a character"))
    }

    /// A count of 32 bits, signed or not; no count reaches the sign.
    pub(super) fn number(&mut self) -> Result<usize, String> {
        let number = self.array().map(i32::from_le_bytes)?;
        usize::try_from(number).map_err(|_| format!("{number} is not a count"))
    }

    pub(super) fn numbers<const N: usize>(&mut self) -> Result<[usize; N], String> {
        let mut numbers = [0; N];
        for number in &mut numbers {
            *number = self.number()?;
        }
        Ok(numbers)
    }

    /// A count of 64 bits.
    pub(super) fn long(&mut self) -> Result<usize, String> {
        let number = self.array().map(u64::from_le_bytes)?;
        usize::try_from(number).map_err(|_| format!("{number} is not a length"))
    }

    /// `count` values; a count that the file can't hold is refused before anything is allocated.
    pub(super) fn many<T>(
        &mut self,
        count: usize,
        read: impl Fn(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        if count > self.rest.len() {
            return Err(format!("{count} values are announced where {} bytes are left", self.rest.len()));
        }
        (0..count).map(|_| read(self)).collect()
    }
}
