//! The operator cases of `tests/data/op_cases.jsonl`.

use pellucid_graph::op::Call;
use pellucid_graph::{Attr, Attrs, DType, Fact, Tensor};
use serde_json::Value;

/// One operator with its inputs and the outputs that another runtime computed.
pub struct Case {
    /// Line in the file, from 1.
    pub line: usize,
    pub op: String,
    pub attrs: Attrs,
    pub inputs: Vec<Option<Tensor>>,
    pub outputs: Vec<Tensor>,
}

impl Case {
    /// The case as a call whose inputs are constants.
    pub fn call(&self) -> Call<'_> {
        Call {
            name: "case",
            op: &self.op,
            domain: "",
            attrs: &self.attrs,
            facts: self.inputs.iter().map(|t| t.as_ref().map(|t| Fact::new(t.dtype(), t.shape()))).collect(),
            constants: self.inputs.clone(),
            outputs: self.outputs.len(),
            complete: true,
            wide: false,
        }
    }
}

/// All cases.
pub fn cases() -> Vec<Case> {
    let text = include_str!("../data/op_cases.jsonl");
    text.lines().enumerate().map(|(i, line)| case(i + 1, &serde_json::from_str(line).expect("a JSON line"))).collect()
}

fn case(line: usize, v: &Value) -> Case {
    let list = |key: &str| v[key].as_array().expect("a list").clone();
    Case {
        line,
        op: v["op"].as_str().expect("a name").to_string(),
        attrs: Attrs(v["attrs"].as_object().expect("attributes").iter().map(|(k, v)| (k.clone(), attr(v))).collect()),
        inputs: list("inputs").iter().map(|t| (!t.is_null()).then(|| tensor(t))).collect(),
        outputs: list("outputs").iter().map(tensor).collect(),
    }
}

fn attr(v: &Value) -> Attr {
    match v {
        Value::String(s) => Attr::Str(s.clone()),
        Value::Number(n) => n.as_i64().map_or_else(|| Attr::Float(n.as_f64().expect("a number") as f32), Attr::Int),
        Value::Array(a) if a.iter().all(Value::is_string) => {
            Attr::Strs(a.iter().filter_map(Value::as_str).map(String::from).collect())
        }
        Value::Array(a) if a.iter().all(Value::is_i64) => Attr::Ints(a.iter().filter_map(Value::as_i64).collect()),
        other => panic!("attribute {other}"),
    }
}

fn tensor(v: &Value) -> Tensor {
    let shape: Vec<usize> =
        v["s"].as_array().expect("a shape").iter().map(|n| n.as_u64().expect("a size") as usize).collect();
    let name = v["t"].as_str().expect("a type");
    let types = [DType::F32, DType::F64, DType::F16, DType::I64, DType::I32, DType::I8, DType::U8, DType::Bool];
    let dtype = types.into_iter().find(|t| t.to_string() == name).expect("a known type");
    let values = v["v"].as_array().expect("values").iter();
    if dtype.is_float() {
        let number = |v: &Value| v.as_f64().unwrap_or_else(|| v.as_str().expect("a number").parse().expect("a number"));
        Tensor::from_f64(dtype, shape, values.map(number).collect())
    } else {
        let number = |v: &Value| v.as_i64().unwrap_or_else(|| i64::from(v.as_bool().expect("an integer or bool")));
        Tensor::from_i64(dtype, shape, values.map(number).collect())
    }
}
