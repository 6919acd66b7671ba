"""Whether what people reported as sold is found in the holdings."""
