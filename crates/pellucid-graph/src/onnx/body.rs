//! Bodies of `If`, `Loop` and `Scan`: which names they read from outside, and renaming those.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::proto::{GraphProto, NodeProto};

/// The bodies of a node.
pub(super) fn bodies(node: &NodeProto) -> impl Iterator<Item = &GraphProto> {
    node.attribute.iter().flat_map(|a| a.g.iter().chain(&a.graphs))
}

/// The bodies of a node, to be changed.
pub(super) fn bodies_mut(node: &mut NodeProto) -> impl Iterator<Item = &mut GraphProto> {
    node.attribute.iter_mut().flat_map(|a| a.g.iter_mut().chain(&mut a.graphs))
}

/// The names that the bodies of a node read from outside, in alphabetical order.
pub(super) fn free_names(node: &NodeProto) -> BTreeSet<String> {
    bodies(node).flat_map(free_in).collect()
}

/// The names that a body reads from outside.
pub(super) fn free_in(graph: &GraphProto) -> BTreeSet<String> {
    let local = local_names(graph);
    let mut free = BTreeSet::new();
    let mut read = |name: &str| {
        if !name.is_empty() && !local.contains(name) {
            free.insert(name.to_string());
        }
    };
    for node in &graph.node {
        node.input.iter().for_each(|i| read(i));
        bodies(node).for_each(|body| free_in(body).iter().for_each(|name| read(name)));
    }
    graph.output.iter().for_each(|o| read(&o.name));
    free
}

/// The names that a body defines itself.
fn local_names(graph: &GraphProto) -> HashSet<&str> {
    let inputs = graph.input.iter().map(|i| i.name.as_str());
    let constants = graph.initializer.iter().map(|t| t.name.as_str());
    let sparse = graph.sparse_initializer.iter().filter_map(|s| s.values.as_ref()).map(|t| t.name.as_str());
    let made = graph.node.iter().flat_map(|n| &n.output).map(String::as_str);
    inputs.chain(constants).chain(sparse).chain(made).collect()
}

/// Calls `f` with every name that a body defines or reads, nested bodies included.
pub(super) fn each_name<'a>(graph: &'a GraphProto, f: &mut impl FnMut(&'a str)) {
    local_names(graph).into_iter().for_each(&mut *f);
    graph.output.iter().for_each(|o| f(&o.name));
    for node in &graph.node {
        node.input.iter().for_each(|i| f(i));
        for body in bodies(node) {
            each_name(body, f);
        }
    }
}

/// Calls `f` with every node, those of nested bodies included.
pub(super) fn each_node<'a>(graph: &'a GraphProto, f: &mut impl FnMut(&'a NodeProto)) {
    for node in &graph.node {
        f(node);
        for body in bodies(node) {
            each_node(body, f);
        }
    }
}

/// Renames what a body reads from outside.
pub(super) fn rename_free(graph: &mut GraphProto, names: &HashMap<String, String>) {
    let local: HashSet<String> = local_names(graph).into_iter().map(str::to_string).collect();
    let names: HashMap<String, String> =
        names.iter().filter(|(old, _)| !local.contains(*old)).map(|(a, b)| (a.clone(), b.clone())).collect();
    let rename = |name: &mut String| {
        if let Some(new) = names.get(name) {
            name.clone_from(new);
        }
    };
    for node in &mut graph.node {
        node.input.iter_mut().for_each(rename);
        bodies_mut(node).for_each(|body| rename_free(body, &names));
    }
    graph.output.iter_mut().for_each(|o| rename(&mut o.name));
}

/// Renames everything in a body, defined or read, nested bodies included.
pub(super) fn rename_all(graph: &mut GraphProto, name: &mut impl FnMut(&mut String)) {
    graph.input.iter_mut().for_each(|i| name(&mut i.name));
    graph.initializer.iter_mut().for_each(|t| name(&mut t.name));
    graph.sparse_initializer.iter_mut().filter_map(|s| s.values.as_mut()).for_each(|t| name(&mut t.name));
    graph.value_info.clear();
    for node in &mut graph.node {
        node.input.iter_mut().chain(&mut node.output).for_each(&mut *name);
        for body in bodies_mut(node) {
            rename_all(body, name);
        }
    }
    graph.output.iter_mut().for_each(|o| name(&mut o.name));
}
