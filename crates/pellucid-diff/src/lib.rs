//! Reading a graph backwards: gradients and replaceable backward rules
