select
    form_id,
    whole,
    aspect,
    sum_number,
    part,
    beside_group
from {{ source('raw', 'form_sum') }}
