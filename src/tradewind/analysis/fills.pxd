cimport cython

from tradewind.core.market cimport Market
from tradewind.core.orders cimport Order
from tradewind.core.reports cimport Execution


cdef double _FILL_MAX
cdef tuple _SIDES


@cython.locals(rows=list, fee_scales=dict, execution=Execution, order=Order, market=Market, quantity=double, price=double, fee_scale=double, fee=double)
cpdef list fill_rows(object executions, object markets)
@cython.locals(quantity=double, price=double, fee=double, size=double, fills=list)
cpdef list fills_of(object rows)
cpdef double fees_paid(object fills) except? -1
cpdef double turnover(object fills) except? -1
