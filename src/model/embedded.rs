//! The model that the program carries.

use safetensors::tensor::SafeTensors;

use super::artifact::Files;

/// The program's own model, which begins where numbers may lie.
static EMBEDDED: &Aligned<[u8]> = &Aligned(*include_bytes!("../../models/default/model.safetensors"));

#[repr(align(8))]
struct Aligned<B: ?Sized>(B);

/// The files of the program's own model.
pub(super) fn files() -> Files<'static> {
    Files {
        config: include_bytes!("../../models/default/config.json").into(),
        tokenizer: include_bytes!("../../models/default/tokenizer.json").into(),
        weights: EMBEDDED.0.into(),
    }
}

/// What judges statements in the program's own model, read where it lies like the weights.
pub(super) fn aspects() -> Option<&'static [i16]> {
    let tensors = SafeTensors::deserialize(&EMBEDDED.0).ok()?;
    let numbers = bytemuck::try_cast_slice(tensors.tensor("aspects").ok()?.data()).ok();
    numbers.filter(|_| cfg!(target_endian = "little"))
}

/// The weights of the program's own model, read where they lie: copying all of them took a tenth of a start, of which an ad needs few.
pub(super) fn weights() -> Option<&'static [f32]> {
    let tensors = SafeTensors::deserialize(&EMBEDDED.0).ok()?;
    let numbers = bytemuck::try_cast_slice(tensors.tensor("weights").ok()?.data()).ok();
    numbers.filter(|_| cfg!(target_endian = "little"))
}
