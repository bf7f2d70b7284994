//! Names of modules.

use std::fmt;
use std::sync::Arc;

use crate::autodiff::{Graph, Initializer, Var};

/// The name of a module. It leads the names of the module's parameters, and it tells the module from others of that
/// name: clones are one and the same, while two names made of one text are different modules, which one recording
/// refuses.
///
/// A module of your own is given a name, and makes its parts of [`child`](Self::child)ren:
///
/// ```
/// use eigennet::autodiff::{Initializer, Rows, Var, record};
/// use eigennet::nn::{Mlp, Name};
///
/// /// A network times a trainable factor.
/// fn scaled<'g>(x: Var<'g>, name: &Name) -> Var<'g> {
///     let factor = name.parameter(x.graph(), "factor", [1, 1, 1], Initializer::Constant(2.0));
///     factor * Mlp::new(name.child("net"), [1, 4, 1]).call(x)
/// }
///
/// let name = Name::from("u");
/// let recording = record(|g| {
///     let x = g.input("x", Rows::named("batch"), 1);
///     scaled(x, &name) - scaled(-x, &name)
/// })?;
/// assert_eq!(recording.parameters().block("u.net.1.bias")?.shape, [1, 1, 1]);
/// # Ok::<(), eigennet::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Name {
    text: String,
    /// One for all clones and children.
    identity: Arc<()>,
}

impl Name {
    /// The name of a part, `"name.part"`, which belongs to the same module.
    pub fn child(&self, part: impl fmt::Display) -> Name {
        Name { text: format!("{}.{part}", self.text), identity: self.identity.clone() }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Records the trainable block `"name.part"` `[heads, rows, cols]`, as [`Graph::parameter_heads`] does.
    #[track_caller]
    pub fn parameter<'g>(&self, g: &'g Graph, part: &str, shape: [usize; 3], initializer: Initializer) -> Var<'g> {
        let name = self.child(part).text;
        g.claim(&name, &self.identity);
        g.parameter_heads(&name, shape, initializer)
    }

    /// Records the state `"name.part"` `[rows, cols]`, as [`Graph::buffer`] does.
    #[track_caller]
    pub fn buffer<'g>(&self, g: &'g Graph, part: &str, shape: [usize; 2], initial: f64) -> Var<'g> {
        let name = self.child(part).text;
        g.claim(&name, &self.identity);
        g.buffer(&name, shape, initial)
    }
}

/// Names are equal if their texts are.
impl PartialEq for Name {
    fn eq(&self, other: &Name) -> bool {
        self.text == other.text
    }
}

impl Eq for Name {}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Name {
        Name::from(text.to_string())
    }
}

impl From<String> for Name {
    fn from(text: String) -> Name {
        Name { text, identity: Arc::new(()) }
    }
}

/// The same name: it goes on being the module it was.
impl From<&Name> for Name {
    fn from(name: &Name) -> Name {
        name.clone()
    }
}
