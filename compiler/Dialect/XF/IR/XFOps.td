// All ops of the xf dialect: the list that the generated code is made from.
#ifndef XF_OPS
#define XF_OPS

include "compiler/Dialect/XF/IR/XFAttentionOp.td"
include "compiler/Dialect/XF/IR/XFModelOps.td"
include "compiler/Dialect/XF/IR/XFScalarOps.td"
include "compiler/Dialect/XF/IR/XFTensorOps.td"

#endif
