//! Memory that starts on a cache line: vector loads and stores that straddle two lines take twice as long.

/// Bytes of a cache line.
const LINE: usize = 64;

/// `count` entries, rounded up to whole cache lines.
pub(crate) fn whole_lines<T>(count: usize) -> usize {
    count.next_multiple_of(LINE / size_of::<T>())
}

/// Entries from the start of a cache line on.
#[derive(Debug, Default)]
pub(crate) struct Aligned<T> {
    buffer: Vec<T>,
    start: usize,
    len: usize,
}

impl<T: Copy + num_traits::Zero> Aligned<T> {
    /// Makes it `len` entries long. What it held is lost if it has to grow.
    pub fn resize(&mut self, len: usize) {
        let line = LINE / size_of::<T>();
        if self.buffer.len() < len + line {
            self.buffer = vec![T::zero(); len + line];
            self.start = self.buffer.as_ptr().align_offset(LINE).min(line);
        }
        self.len = len;
    }

    /// The first `len` entries; there are made more if need be.
    pub fn first(&mut self, len: usize) -> &mut [T] {
        if self.len < len {
            self.resize(len);
        }
        &mut self[..len]
    }
}

impl<T> std::ops::Deref for Aligned<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.buffer[self.start..self.start + self.len]
    }
}

impl<T> std::ops::DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.buffer[self.start..self.start + self.len]
    }
}

impl<T: Clone> Clone for Aligned<T> {
    fn clone(&self) -> Self {
        let mut buffer = self.buffer.clone();
        let start = buffer.as_ptr().align_offset(LINE).min(buffer.len() - self.len);
        // The memory of the copy starts elsewhere in a line.
        if start > self.start {
            buffer.rotate_right(start - self.start);
        } else {
            buffer.rotate_left(self.start - start);
        }
        Aligned { buffer, start, len: self.len }
    }
}

#[cfg(test)]
mod tests;
