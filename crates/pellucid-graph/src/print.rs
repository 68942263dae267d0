//! Graphs as text: one readable line per node, `name = Op{attributes}(inputs) : type[shape]`.

use std::fmt::{self, Display, Formatter};

use crate::{Attr, Fact, Graph, Node, Tensor, Wire};

/// Constants of at most so many values are shown as they are.
const SHOWN: usize = 8;

impl Display for Graph {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "graph `{}`", self.name)?;
        for wire in self.inputs() {
            writeln!(f, "  input {} : {}", self.name_of(*wire), Known(self, *wire))?;
        }
        for node in self.nodes() {
            writeln!(f, "  {}", Line(self, node))?;
        }
        for wire in self.outputs() {
            writeln!(f, "  output {} : {}", self.name_of(*wire), Known(self, *wire))?;
        }
        Ok(())
    }
}

/// Type and shape of a wire.
struct Known<'a>(&'a Graph, Wire);

impl Display for Known<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0.info(self.1).fact {
            Some(fact) => fact.fmt(f),
            None => f.write_str("?"),
        }
    }
}

/// A node.
struct Line<'a>(&'a Graph, &'a Node);

impl Display for Line<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Line(graph, node) = *self;
        list(f, &node.outputs, |f, w| f.write_str(w.map_or("_", |w| graph.name_of(w))))?;
        f.write_str(" = ")?;
        if !node.domain.is_empty() {
            write!(f, "{}.", node.domain)?;
        }
        f.write_str(&node.op)?;
        if !node.attrs.0.is_empty() {
            f.write_str("{")?;
            list(f, node.attrs.0.iter(), |f, (name, value)| write!(f, "{name}: {value}"))?;
            f.write_str("}")?;
        }
        f.write_str("(")?;
        list(f, &node.inputs, |f, w| match w {
            Some(w) => write!(f, "{}", Input(graph, *w)),
            None => f.write_str("_"),
        })?;
        f.write_str(")")?;
        if !node.captures.is_empty() {
            f.write_str(" reading ")?;
            list(f, &node.captures, |f, (_, w)| write!(f, "{}", Input(graph, *w)))?;
        }
        f.write_str(" : ")?;
        list(f, node.outputs.iter().flatten(), |f, w| Known(graph, *w).fmt(f))
    }
}

/// A wire as an input: constants with their value when it is small, with type and shape otherwise.
struct Input<'a>(&'a Graph, Wire);

impl Display for Input<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let name = self.0.name_of(self.1);
        match self.0.constant(self.1) {
            None => f.write_str(name),
            Some(t) if t.len() <= SHOWN && t.rank() < 2 => summary(t, f),
            Some(t) => {
                write!(f, "{name} ")?;
                summary(t, f)
            }
        }
    }
}

/// The values of a small tensor, type and shape of another one.
fn summary(t: &Tensor, f: &mut Formatter<'_>) -> fmt::Result {
    let values = t.to_f64();
    if values.len() != t.len() || t.len() > SHOWN || t.rank() > 1 {
        return Fact::new(t.dtype(), t.shape()).fmt(f);
    }
    if t.rank() == 0 {
        return write!(f, "{}", values.first().copied().unwrap_or_default());
    }
    f.write_str("[")?;
    list(f, values, |f, v| write!(f, "{v}"))?;
    f.write_str("]")
}

impl Display for Attr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Attr::Int(v) => write!(f, "{v}"),
            Attr::Float(v) => write!(f, "{v}"),
            Attr::Str(v) => write!(f, "{v:?}"),
            Attr::Tensor(v) => summary(v, f),
            Attr::Graph(v) => write!(f, "body of {} nodes", v.node.len()),
            Attr::Ints(v) => write!(f, "{v:?}"),
            Attr::Floats(v) => write!(f, "{v:?}"),
            Attr::Strs(v) => write!(f, "{v:?}"),
        }
    }
}

/// Items with commas between them.
fn list<T>(
    f: &mut Formatter<'_>,
    items: impl IntoIterator<Item = T>,
    mut show: impl FnMut(&mut Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (i, item) in items.into_iter().enumerate() {
        if i > 0 {
            f.write_str(", ")?;
        }
        show(f, item)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::{Attrs, DType, Dim, Fact, Graph, Tensor};

    #[test]
    fn a_graph_is_one_line_per_node() {
        let mut g = Graph::new("net");
        let dims = vec![Dim::Symbol("batch".into()), Dim::Known(3), Dim::Known(8), Dim::Unknown];
        let x = g.add_input("image", Fact { dtype: DType::F32, dims });
        let w = g.add_constant("w", Tensor::full(DType::F32, &[4, 3, 1, 1], 0.5));
        let shape = g.add_constant("shape", Tensor::vec_i64(&[0, -1]));
        let attrs = Attrs::new().with("group", 1).with("auto_pad", "VALID");
        let conv =
            g.push_raw("c", "Conv", "", &[Some(x), Some(w), None], attrs, &[Some("y")], vec![]).unwrap()[0].unwrap();
        let made = g
            .push_raw("r", "Halves", "my", &[Some(conv), Some(shape)], Attrs::new(), &[None, Some("z")], vec![])
            .unwrap();
        g.add_output(made[1].unwrap());
        let expected = "graph `net`
  input image : f32[batch x 3 x 8 x ?]
  y = Conv{auto_pad: \"VALID\", group: 1}(image, w f32[4 x 3 x 1 x 1], _) : ?
  _, z = my.Halves(y, [0, -1]) : ?
  output z : ?
";
        assert_eq!(g.to_string(), expected);
    }
}
