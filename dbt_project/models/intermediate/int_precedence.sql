select
    form_id,
    max(case when attribute = 'left_hukou_date' then rank end) as left_hukou_date_rank,
    max(case when attribute = 'arrived_date' then rank end) as arrived_date_rank,
    max(case when attribute = 'presence' then rank end) as presence_rank,
    max(case when attribute = 'reason_code' then rank end) as reason_code_rank,
    max(case when attribute = 'dwelling_code' then rank end) as dwelling_code_rank,
    max(case when attribute = 'origin' then rank end) as origin_rank,
    max(case when attribute = 'sex' then rank end) as sex_rank,
    max(case when attribute = 'birth_date' then rank end) as birth_date_rank,
    max(case when attribute = 'hukou_nature' then rank end) as hukou_nature_rank,
    max(case when attribute = 'education_code' then rank end) as education_code_rank
from {{ ref('attribute_precedence') }}
group by form_id
